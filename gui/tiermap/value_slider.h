// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <optional>

class QDoubleSpinBox;
class QLabel;
class QSlider;
class QToolButton;

// One amount that a person may set or leave to the program: a slider, a field for the exact value, and a button that
// leaves it to the program again.
class ValueSlider : public QWidget {
    Q_OBJECT

public:
    struct Scale {
        qint64 least = 0;
        qint64 most = 0;
        qint64 step = 1;   // of the slider, and of the field's arrows
        double unit = 1.0; // what the field shows one of: 1e9 for gigabytes
        int decimals = 0;
        QString suffix = {};

        bool operator==(const Scale&) const = default;
    };

    // `label` with its key, "&Context"; `name` for screen readers; `automatic` says what the program does by itself.
    ValueSlider(const QString& label, const QString& name, const QString& toolTip, const QString& automatic,
        QWidget* parent = nullptr);

    void setScale(const Scale& scale);
    // nullopt: left to the program, which takes `automatic`.
    void setValue(std::optional<qint64> value, qint64 automatic);
    std::optional<qint64> value() const { return m_value; }
    int labelWidth() const;
    void setLabelWidth(int width);

signals:
    void changed(std::optional<qint64> value); // by a person; nullopt: left to the program

private:
    void take(std::optional<qint64> value);
    void showValue(qint64 shown);
    int positionOf(qint64 value) const;

    Scale m_scale;
    std::optional<qint64> m_value;
    qint64 m_automatic = 0;
    QLabel* m_label;
    QSlider* m_slider;
    QDoubleSpinBox* m_field;
    QToolButton* m_reset;
    QString m_automaticHint;
};
