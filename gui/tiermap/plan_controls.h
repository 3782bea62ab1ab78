// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include <QWidget>

#include <optional>

class QComboBox;
class ValueSlider;

// What a load can be asked for: context, format of keys and values, caps on both memories.
class PlanControls : public QWidget {
    Q_OBJECT

public:
    // What is there to be asked for.
    struct Limits {
        quint32 trainedContext = 0;           // 0: not known, so nothing can be asked
        std::optional<quint64> vramUsable;    // bytes without a cap; nullopt: no GPU takes part
        quint64 ramUsable = 0;
    };

    explicit PlanControls(QWidget* parent = nullptr);

    void setCommand(const LoadCommand& command, const Limits& limits);

signals:
    void changed(const LoadCommand& command); // as shown, but for what a person has changed

private:
    void addContext();
    void addCacheType();
    ValueSlider* addCap(const QString& label, const QString& name, const QString& toolTip,
        std::optional<quint64> LoadCommand::*cap);
    static void showCap(ValueSlider& slider, std::optional<quint64> cap, quint64 usable);

    LoadCommand m_command;
    ValueSlider* m_context = nullptr;
    QComboBox* m_cacheType = nullptr;
    ValueSlider* m_vram = nullptr;
    ValueSlider* m_ram = nullptr;
};
