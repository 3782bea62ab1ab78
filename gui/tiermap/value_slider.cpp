// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/value_slider.h"

#include "gui/theme.h"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace {

constexpr int kPages = 16; // from one end to the other
constexpr int kSliderWidth = 60;
constexpr int kFieldFrame = 36; // arrows and margins: fields one below the other are as wide as each other

// With a line round it while it has the keyboard, as everything here has; the style marks the handle alone.
class FramedSlider : public QSlider {
public:
    FramedSlider() : QSlider(Qt::Horizontal) {}

protected:
    void paintEvent(QPaintEvent* event) override {
        QSlider::paintEvent(event);
        if (!hasFocus())
            return;
        QPainter painter(this);
        painter.setPen(QPen(themeColors(palette()).accent, 2, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
};

} // namespace

ValueSlider::ValueSlider(
    const QString& label, const QString& name, const QString& toolTip, const QString& automatic, QWidget* parent)
    : QWidget(parent), m_label(new QLabel(label)), m_slider(new FramedSlider),
      m_field(new QDoubleSpinBox), m_reset(new QToolButton), m_automaticHint(automatic) {
    m_slider->setAccessibleName(tr("%1, slider").arg(name));
    m_slider->setToolTip(toolTip);
    m_slider->setMinimumWidth(kSliderWidth);
    m_field->setAccessibleName(name);
    m_field->setToolTip(toolTip);
    m_field->setKeyboardTracking(false); // a number that is being typed is not meant yet
    m_field->setGroupSeparatorShown(true);
    m_field->setAlignment(Qt::AlignRight);
    m_field->setMinimumWidth(m_field->fontMetrics().horizontalAdvance(QStringLiteral("888.88 GB")) + kFieldFrame);
    m_label->setBuddy(m_slider);
    m_reset->setText(tr("Auto"));
    m_reset->setAutoRaise(true);
    m_reset->setFocusPolicy(Qt::StrongFocus);
    m_reset->setAccessibleName(tr("%1, automatic").arg(name));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_label);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_field);
    layout->addWidget(m_reset);
    connect(m_slider, &QSlider::valueChanged, this,
        [this](int position) { take(std::min(m_scale.least + position * m_scale.step, m_scale.most)); });
    connect(m_field, &QDoubleSpinBox::valueChanged, this,
        [this](double shown) { take(static_cast<qint64>(std::llround(shown * m_scale.unit))); });
    connect(m_reset, &QToolButton::clicked, this, [this] { take(std::nullopt); });
}

int ValueSlider::labelWidth() const {
    return m_label->sizeHint().width();
}

void ValueSlider::setLabelWidth(int width) {
    m_label->setFixedWidth(width);
}

int ValueSlider::positionOf(qint64 value) const {
    return static_cast<int>((value - m_scale.least + m_scale.step - 1) / m_scale.step);
}

void ValueSlider::setScale(const Scale& scale) {
    if (scale == m_scale)
        return;
    m_scale = scale;
    const QSignalBlocker quietSlider(m_slider);
    const QSignalBlocker quietField(m_field);
    m_slider->setRange(0, positionOf(scale.most));
    m_slider->setPageStep(std::max(1, m_slider->maximum() / kPages));
    m_field->setDecimals(scale.decimals);
    m_field->setSuffix(scale.suffix);
    m_field->setRange(static_cast<double>(scale.least) / scale.unit, static_cast<double>(scale.most) / scale.unit);
    m_field->setSingleStep(static_cast<double>(scale.step) / scale.unit);
}

void ValueSlider::setValue(std::optional<qint64> value, qint64 automatic) {
    m_value = value;
    m_automatic = automatic;
    showValue(value.value_or(automatic));
}

void ValueSlider::showValue(qint64 shown) {
    const QSignalBlocker quietSlider(m_slider);
    const QSignalBlocker quietField(m_field);
    m_slider->setValue(positionOf(std::clamp(shown, m_scale.least, std::max(m_scale.least, m_scale.most))));
    m_field->setValue(static_cast<double>(shown) / m_scale.unit);
    m_reset->setEnabled(m_value.has_value());
    m_reset->setToolTip(m_value ? m_automaticHint : tr("It is automatic already: %1").arg(m_automaticHint));
}

void ValueSlider::take(std::optional<qint64> value) {
    if (m_value == value)
        return;
    m_value = value;
    showValue(value.value_or(m_automatic));
    emit changed(value);
}
