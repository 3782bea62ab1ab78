// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the window stays free while a reply streams into it, and what showing the reply costs the reply:
//   bench_window_pace MODEL [--device auto|cuda|cpu] [--tokens N] [--docks tiermap,telemetry] [--rounds N]
//       [--theme light|dark] [--size WxH] [--message TEXT] [--text FILE] [--rate N] [--screenshot FILE] [--json]
// Sends one message and has it answered again and again with the same seed, thus with the same text: with the window
// shown, with it hidden, and by the engine alone once the window is gone. QT_SCALE_FACTOR=2 is a screen of fine pixels.
// --text shows that text in place of the model's, piece by piece as long: what small and made-up models write has neither
// tables nor code. --rate has the CPU write no more tokens a second than that, and leaves it to the window for the rest of
// the time, as a GPU does.
#include "tests/bench/pace_options.h"
#include "tests/bench/pace_probe.h"
#include "tests/bench/pace_report.h"

#include "gui/chat/chat_view.h"
#include "gui/chat/transcript_view.h"
#include "gui/main_window.h"
#include "gui/settings/setting_keys.h"
#include "gui/theme.h"

#include "tests/support/decorated_backend.h"

#include "core/base/log.h"
#include "core/cpu/cpu_backend.h"

#include "cuda/cuda_backend.h"

#include <QDockWidget>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QTimer>
#include <QTextStream>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

using namespace Qt::StringLiterals;

namespace {

constexpr quint32 kWarmTokens = 64; // until a GPU has recorded its passes
constexpr int kWaitMs = 300'000;    // for a load or a reply
constexpr int kRestMs = 300;        // what a reply leaves to do is done
constexpr int kIdleMs = 1000;

// Sleeps where a GPU would be at work.
class PacedBackend : public strata::DecoratedBackend {
public:
    PacedBackend(std::unique_ptr<strata::Backend> inner, std::shared_ptr<const std::chrono::nanoseconds> pass)
        : DecoratedBackend(std::move(inner)), m_pass(*pass) {}

    void beginPass(const strata::Pass& pass, strata::Activations& activations) override {
        std::this_thread::sleep_until(m_next);
        m_next = std::max(m_next, Clock::now() - m_pass) + m_pass;
        DecoratedBackend::beginPass(pass, activations);
    }

protected:
    void beforeVerb() override {}
    void beforeAllocation() override {}

private:
    using Clock = std::chrono::steady_clock;

    std::chrono::nanoseconds m_pass;
    Clock::time_point m_next;
};

std::vector<strata::BackendChoice> devices(quint32 rate) {
    std::vector<strata::BackendChoice> all = strata::cudaBackends();
    const auto pass = std::make_shared<const std::chrono::nanoseconds>(rate > 0 ? 1'000'000'000 / rate : 0);
    all.push_back(rate > 0 ? strata::decorate<PacedBackend>(strata::cpuBackend(1), pass) : strata::cpuBackend());
    return all;
}

QString deviceId(const QString& name) {
    if (name == "auto"_L1)
        return {};
    if (name == "cpu"_L1)
        return name;
    if (const QString why = QString::fromStdString(strata::whyNoGpu()); !why.isEmpty())
        giveUp(why);
    return QString::fromStdString(strata::cudaBackends().front().info.id);
}

// As a window lives: the loops of Qt Test sleep between their looks, which is what is to be measured here.
void runFor(int milliseconds) {
    QEventLoop loop;
    QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
    loop.exec();
}

class PaceBench {
public:
    PaceBench(TimedApplication& app, const PaceOptions& options);

    int run();

private:
    void load();
    PaceRow idle(const QString& name);
    std::vector<PaceRow> windowReply(const QString& name);
    PaceRow loneReply();
    void awaitReply();
    PaceRow rowOf(const QString& name, double fromMs, double toMs) const;
    void ask(quint32 tokens);
    void takePiece(const QString& piece);
    void connectParts();
    QString title() const;

    TimedApplication& m_app;
    PaceOptions m_options;
    QTemporaryDir m_folder;
    Settings m_settings;
    Theme m_theme;
    EngineController m_controller;
    std::unique_ptr<MainWindow> m_window;
    PaceProbe m_probe;
    GenerateCommand m_command; // as the window gave it
    strata::GenerationResult m_result;
    QEventLoop m_wait; // for a load or a reply
    QTimer m_tooLate;
    double m_firstPieceMs = 0;
    double m_endMs = 0;
    int m_pieces = 0;
    qsizetype m_shown = 0; // of the text in place of the model's
    PaceReport m_report;
};

Settings& withTheme(Settings& settings, const PaceOptions& options) {
    settings.set(setting::theme, options.theme);
    settings.set(setting::deviceId, deviceId(options.device));
    return settings;
}

PaceBench::PaceBench(TimedApplication& app, const PaceOptions& options)
    : m_app(app), m_options(options), m_settings(m_folder.filePath(u"strata.ini"_s)),
      m_theme(withTheme(m_settings, options)), m_controller(devices(options.rate)),
      m_window(std::make_unique<MainWindow>(m_controller, m_settings, QString(), m_folder.filePath(u"chat.json"_s))) {
    connectParts();
    m_tooLate.setSingleShot(true);
    m_tooLate.setInterval(kWaitMs);
    app.setWatched(m_window.get(), m_window->chat().transcriptView().viewport());
}

void PaceBench::connectParts() {
    QObject::connect(&m_controller, &EngineController::pieceReady, &m_probe,
        [this](const QString& piece) { takePiece(piece); });
    if (!m_options.text.isEmpty())
        QObject::disconnect(&m_controller, &EngineController::pieceReady, &m_window->chat(), &ChatView::takePiece);
    QObject::connect(
        &m_controller, &EngineController::finished, &m_probe, [this](const strata::GenerationResult& result) {
            m_result = result;
            m_endMs = m_probe.now();
            m_wait.quit();
        });
    QObject::connect(&m_controller, &EngineController::failed, &m_probe,
        [](const Failure& failure) { giveUp(failure.sentence); });
    QObject::connect(&m_window->chat(), &ChatView::generateRequested, &m_probe,
        [this](const GenerateCommand& command) { m_command = command; });
    QObject::connect(&m_controller, &EngineController::loaded, &m_probe, [this] { m_wait.quit(); });
    QObject::connect(&m_tooLate, &QTimer::timeout, &m_probe, [] { giveUp(u"it took too long"_s); });
}

void PaceBench::takePiece(const QString& piece) {
    m_firstPieceMs = m_pieces++ == 0 ? m_probe.now() : m_firstPieceMs;
    if (m_options.text.isEmpty() || m_window == nullptr)
        return;
    QString text = m_options.text.mid(m_shown % m_options.text.size(), piece.size());
    m_shown += text.size();
    m_window->chat().takePiece(text);
}

QString PaceBench::title() const {
    const LoadedModel& model = *m_controller.loadedModel();
    return u"%1, %2, %3, %4 x %5 at %6, docks: %7"_s.arg(QString::fromStdString(model.summary.name),
                   QString::fromStdString(model.device.name), m_options.theme)
        .arg(m_options.size.width()).arg(m_options.size.height()).arg(qGuiApp->devicePixelRatio())
        .arg(m_options.docks.isEmpty() ? u"none"_s : m_options.docks.join(u", "_s));
}

int PaceBench::run() {
    m_window->resize(m_options.size);
    for (const QString& name : m_options.docks)
        if (auto* dock = m_window->findChild<QDockWidget*>(name))
            dock->show();
    m_window->show();
    load();
    m_report.title = title();
    ask(kWarmTokens);
    awaitReply();
    m_report.rows.push_back(idle(u"idle"_s));
    for (int round = 0; round < m_options.rounds; ++round) {
        m_window->show();
        runFor(kRestMs);
        const std::vector<PaceRow> rows = windowReply(u"shown"_s);
        m_report.rows.insert(m_report.rows.end(), rows.begin(), rows.end());
        m_report.events = m_app.costliest();
        if (!m_options.screenshot.isEmpty() && !m_window->grab().save(m_options.screenshot))
            giveUp(u"the picture can't be written"_s);
        m_window->hide();
        m_report.rows.push_back(windowReply(u"hidden"_s).front());
    }
    m_app.setWatched(nullptr, nullptr);
    m_window.reset();
    for (int round = 0; round < m_options.rounds; ++round)
        m_report.rows.push_back(loneReply());
    QTextStream(stdout) << (m_options.isJson ? m_report.toJson() : m_report.toTable());
    return 0;
}

void PaceBench::load() {
    m_window->loadModel(m_options.model);
    m_tooLate.start();
    m_wait.exec();
}

void PaceBench::ask(quint32 tokens) {
    ChatView& chat = m_window->chat();
    ReplySettings settings = chat.replySettings();
    settings.maxTokens = tokens;
    settings.sampling.seed = 1;
    chat.setReplySettings(settings);
    m_app.forget();
    m_pieces = 0;
    m_shown = 0;
    m_probe.start();
    if (chat.transcript().rowCount() == 0)
        chat.send(m_options.message);
    else
        chat.regenerate();
}

void PaceBench::awaitReply() {
    m_tooLate.start();
    m_wait.exec();
    m_tooLate.stop();
    runFor(kRestMs);
    m_probe.stop();
}

PaceRow PaceBench::rowOf(const QString& name, double fromMs, double toMs) const {
    const double seconds = (toMs - fromMs) / 1000;
    return {.name = name, .pace = m_probe.between(fromMs, toMs), .frames = m_app.frames() / seconds,
        .paints = m_app.paints() / seconds};
}

PaceRow PaceBench::idle(const QString& name) {
    m_app.forget();
    m_probe.start();
    runFor(kIdleMs);
    m_probe.stop();
    return rowOf(name, 0, kIdleMs);
}

// From before it is sent to when all is done, then the first and last quarter of its text.
std::vector<PaceRow> PaceBench::windowReply(const QString& name) {
    ask(m_options.tokens);
    awaitReply();
    if (m_pieces < 2)
        giveUp(u"the reply came in one piece, which has no pace"_s);
    const double length = m_endMs - m_firstPieceMs;
    PaceRow whole = rowOf(name, 0, m_endMs + kRestMs);
    const ChatTranscript& transcript = m_window->chat().transcript();
    const auto& stats = transcript.entry(transcript.lastRow(EntryKind::Reply)).stats; // a notice may stand below
    whole.tokensPerSecond = stats ? stats->tokensPerSecond : 0;
    whole.tokens = m_result.generatedTokens;
    whole.updates = m_pieces / length * 1000;
    PaceRow first{.name = u"  first quarter"_s, .pace = m_probe.between(m_firstPieceMs, m_firstPieceMs + length / 4)};
    PaceRow last{.name = u"  last quarter"_s, .pace = m_probe.between(m_endMs - length / 4, m_endMs)};
    return {whole, first, last};
}

PaceRow PaceBench::loneReply() {
    m_app.forget();
    m_pieces = 0;
    m_probe.start();
    m_controller.generate(m_command);
    awaitReply();
    if (m_pieces < 2)
        giveUp(u"the reply came in one piece, which has no pace"_s);
    PaceRow row = rowOf(u"no window"_s, 0, m_endMs + kRestMs);
    row.tokensPerSecond = replyStats(m_result).tokensPerSecond;
    row.tokens = m_result.generatedTokens;
    row.updates = m_pieces / (m_endMs - m_firstPieceMs) * 1000;
    return row;
}

} // namespace

int main(int argc, char** argv) {
    strata::setLogSink([](strata::LogLevel, std::string_view line) {
        QTextStream(stderr) << QString::fromUtf8(line.data(), static_cast<qsizetype>(line.size())) << Qt::endl;
    });
    TimedApplication app(argc, argv);
    return PaceBench(app, readPaceOptions(app)).run();
}
