// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/model_forecast.h"

#include <QFutureWatcher>
#include <QList>
#include <QObject>

#include <stop_token>

// One model whose forecast is wanted. A value; crosses to another thread.
struct ForecastQuestion {
    QString path;
    std::shared_ptr<const ModelShape> shape; // null: read from the file
    PlanningMachine machine;
    LoadCommand wish;
};

struct ForecastAnswer {
    qsizetype index = 0; // of the question
    std::shared_ptr<const ModelShape> shape; // null: its header can't be read
    ModelForecast forecast;
};

// Answers questions on Qt's global pool, one job at a time. Asking again drops what was not answered yet and stops what
// is being planned, so that the newest questions are next, however often they change. GUI thread.
class ForecastRunner : public QObject {
    Q_OBJECT

public:
    explicit ForecastRunner(QObject* parent = nullptr);
    ~ForecastRunner() override;

    void ask(const QList<ForecastQuestion>& questions); // none: nothing is wanted any more
    bool isRunning() const { return m_isRunning; }

signals:
    void answered(const ForecastAnswer& answer); // in the order of the questions asked last, and of no others

private:
    void start();
    void takeAnswer(int index);
    void endJob();

    QList<ForecastQuestion> m_questions;
    QFutureWatcher<ForecastAnswer> m_job;
    std::stop_source m_stop;
    bool m_isRunning = false;
    bool m_isWanted = false; // again, once the job that is being stopped has ended
};
