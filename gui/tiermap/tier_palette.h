// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/tier.h"

#include <QBrush>
#include <QColor>
#include <QPalette>
#include <QString>

// What tiers, executors and wires look like and are called, everywhere in the window: colour says where weights rest,
// texture says who computes with them, and words say both.

// The Okabe-Ito set, which people who see few colours can tell apart too, and a grey for what is not Strata's.
enum class Hue { Blue, Orange, Purple, SkyBlue, Green, Vermilion, Grey };
QColor hueColor(Hue hue, const QPalette& palette);

QColor tierColor(strata::Tier tier, const QPalette& palette);
QColor wireColor(strata::Wire wire, const QPalette& palette); // of the memory that it reads; the link has its own

QColor cellOutline(const QPalette& palette); // 3:1 and more against the ground, which orange on light is not

QString tierLabel(strata::Tier tier);             // "graphics memory (VRAM)"
QString restsWhere(strata::Tier tier);            // "in VRAM", "on disk"
QString executorLabel(strata::Executor executor); // "GPU, streamed over the link"
QString executorUse(strata::Executor executor);   // "streamed to the GPU"
QString wireLabel(strata::Wire wire);             // "link to the GPU"

// Solid: the GPU from its own memory. Hatched: the GPU, streamed. Dotted: the CPU. For a painter whose unit is one
// pixel of a screen with `pixelRatio` of them to a point: patterns stay sharp and as large at any scale.
QBrush textureBrush(const QColor& color, strata::Executor executor, double pixelRatio);
