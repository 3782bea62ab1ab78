// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/forecast_runner.h"

#include "core/base/error.h"
#include "core/gguf/gguf_file.h"

#include <QPromise>
#include <QRunnable>
#include <QThreadPool>

namespace {

// nullopt: stopped.
std::optional<ForecastAnswer> answerTo(const ForecastQuestion& question, qsizetype index, const std::stop_token& stop) {
    ForecastAnswer answer{.index = index, .shape = question.shape, .forecast = {}};
    try {
        if (answer.shape == nullptr)
            answer.shape = modelShape(strata::GgufFile(question.path.toStdString()));
    } catch (const strata::Error& error) {
        answer.forecast.refusal = QString::fromUtf8(error.what());
        return answer;
    }
    std::optional<ModelForecast> forecast = forecastModel(*answer.shape, question.machine, question.wish, stop);
    if (!forecast)
        return std::nullopt;
    answer.forecast = std::move(*forecast);
    return answer;
}

class ForecastJob : public QRunnable {
public:
    ForecastJob(const QList<ForecastQuestion>& questions, std::stop_token stop)
        : m_questions(questions), m_stop(std::move(stop)) {}

    QFuture<ForecastAnswer> future() { return m_promise.future(); }

    void run() override {
        m_promise.start();
        for (qsizetype i = 0; i < m_questions.size(); ++i) {
            std::optional<ForecastAnswer> answer = answerTo(m_questions[i], i, m_stop);
            if (!answer || m_stop.stop_requested())
                break;
            m_promise.addResult(std::move(*answer));
        }
        m_promise.finish();
    }

private:
    QList<ForecastQuestion> m_questions;
    std::stop_token m_stop;
    QPromise<ForecastAnswer> m_promise;
};

} // namespace

ForecastRunner::ForecastRunner(QObject* parent) : QObject(parent) {
    connect(&m_job, &QFutureWatcherBase::resultReadyAt, this, &ForecastRunner::takeAnswer);
    connect(&m_job, &QFutureWatcherBase::finished, this, &ForecastRunner::endJob);
}

ForecastRunner::~ForecastRunner() {
    m_stop.request_stop();
}

void ForecastRunner::ask(const QList<ForecastQuestion>& questions) {
    m_questions = questions;
    m_isWanted = !questions.isEmpty();
    m_stop.request_stop();
    if (!m_isRunning && m_isWanted)
        start();
}

void ForecastRunner::start() {
    m_isWanted = false;
    m_isRunning = true;
    m_stop = std::stop_source();
    auto* job = new ForecastJob(m_questions, m_stop.get_token());
    m_job.setFuture(job->future());
    QThreadPool::globalInstance()->start(job);
}

void ForecastRunner::takeAnswer(int index) {
    if (!m_stop.stop_requested())
        emit answered(m_job.resultAt(index));
}

void ForecastRunner::endJob() {
    m_isRunning = false;
    if (m_isWanted)
        start();
}
