// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

class QCoreApplication;

// What bench_window_pace is asked for; see its first lines.
struct PaceOptions {
    QString model;
    QString device;
    QString theme;
    QString message;
    QString text; // empty: the model's
    QString screenshot;
    QStringList docks;
    QSize size;
    quint32 tokens = 0;
    quint32 rate = 0; // 0: as fast as it can
    int rounds = 1;
    bool isJson = false;
};

PaceOptions readPaceOptions(const QCoreApplication& app); // ends the program where they are wrong
[[noreturn]] void giveUp(const QString& sentence);
