// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"

#include <QStatusBar>
#include <QTimer>

class QLabel;

// State, device, memory and context, sampled while the engine works.
class StatusLine : public QStatusBar {
    Q_OBJECT

public:
    explicit StatusLine(const EngineController& controller, QWidget* parent = nullptr);

public slots:
    void showContext(quint32 usedTokens); // of the model's capacity

signals:
    void contextSampled(quint32 usedTokens); // while a reply is written

private:
    QLabel* addPart(const QString& accessibleName);
    void showState();
    void showMemory();
    void sample();

    const EngineController& m_controller;
    QLabel* m_state;
    QLabel* m_device;
    QLabel* m_memory;
    QLabel* m_context;
    QTimer m_sampling;
};
