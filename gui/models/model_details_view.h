// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/model_entry.h"
#include "gui/models/model_forecast.h"

#include <QTextEdit>

#include <optional>

// A model's header as text that can be selected and copied: facts, formats of the tensors, metadata.
class ModelDetailsView : public QTextEdit {
    Q_OBJECT

public:
    explicit ModelDetailsView(QWidget* parent = nullptr);

    // nullopt: nothing is selected; no forecast is known.
    void showEntry(const std::optional<ModelEntry>& entry, const std::optional<ModelForecast>& forecast = {});

protected:
    void changeEvent(QEvent* event) override;

private:
    QString html() const;

    std::optional<ModelEntry> m_entry;
    FactRows m_forecast; // of it
};
