// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_store.h"
#include "gui/gpu_note.h"
#include "gui/main_window.h"
#include "gui/models/model_at_start.h"
#include "gui/screenshot.h"
#include "gui/settings/setting_keys.h"
#include "gui/single_instance.h"
#include "gui/theme.h"

#include "core/base/log.h"
#include "core/cpu/cpu_backend.h"

#include "cuda/cuda_backend.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QDockWidget>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTextStream>

namespace {

const QString kScreenshot = QStringLiteral("screenshot");
const QString kTheme = QStringLiteral("theme");
const QString kScale = QStringLiteral("scale");
const QString kSize = QStringLiteral("size");
const QString kDock = QStringLiteral("dock");
const QString kSeconds = QStringLiteral("seconds");
const QString kMidReply = QStringLiteral("mid-reply");

QString text(const char* source) {
    return QCoreApplication::translate("main", source);
}

void addOptions(QCommandLineParser& parser) {
    parser.setApplicationDescription(text("Chat with language models larger than the graphics memory."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("file"), text("The model (.gguf) to load."), QStringLiteral("[file]"));
    parser.addOptions({{kScreenshot, text("Sends a message, saves a picture of the window with the reply, and ends."),
                           QStringLiteral("png")},
        {kTheme, text("Of the picture: light or dark."), QStringLiteral("theme"), QStringLiteral("light")},
        {kScale, text("Of the picture: pixels for each point of the window."), QStringLiteral("factor"),
            QStringLiteral("1")},
        {kSize, text("Of the window in the picture."), QStringLiteral("width>x<height"), QStringLiteral("1280x800")},
        {kDock, text("Shown in the picture: tiermap, telemetry, ... May be given several times."),
            QStringLiteral("name")},
        {kMidReply, text("The picture is taken while the reply is written.")},
        {kSeconds, text("Before the picture the message is asked again and again for so long."),
            QStringLiteral("count"), QStringLiteral("0")}});
}

// What QApplication takes for itself, with one dash or two before it, and is no concern of the parser.
const QStringList kQtWithValue =
    QStringLiteral("platform platformpluginpath platformtheme plugin qwindowgeometry geometry qwindowicon icon "
                   "qwindowtitle title display session style stylesheet")
        .split(QLatin1Char(' '));
const QStringList kQtAlone = {QStringLiteral("reverse"), QStringLiteral("widgetcount")};

// The name of an option as it was typed; empty: none.
QString optionName(const QString& argument) {
    if (!argument.startsWith(QLatin1Char('-')))
        return {};
    return argument.mid(argument.startsWith(QLatin1String("--")) ? 2 : 1);
}

// As QApplication will leave them.
QStringList withoutQtOptions(const QStringList& arguments) {
    QStringList own;
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const QString name = optionName(arguments[i]);
        if (kQtWithValue.contains(name))
            ++i; // the value, too
        else if (!kQtAlone.contains(name) && !name.startsWith(QLatin1String("style"))) // style=fusion
            own.append(arguments[i]);
    }
    return own;
}

// What asks for no window, or can't be understood, is answered where there is no display, too. Then it does not return.
void answerWithoutDisplay(QCommandLineParser& parser, int argc, char** argv) {
    const QStringList arguments = withoutQtOptions(QStringList(argv, argv + argc));
    if (parser.parse(arguments) && !parser.isSet(QStringLiteral("help")) && !parser.isSet(QStringLiteral("version")))
        return;
    const QCoreApplication app(argc, argv);
    parser.process(arguments);
}

// Qt reads these when the application is made.
void preparePlatform(const QCommandLineParser& parser) {
    if (!parser.isSet(kScreenshot))
        return;
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_SCALE_FACTOR", parser.value(kScale).toLatin1());
}

// Beside the program, as installed and as built: bin/strata and share/strata/models.
QString builtInFolder() {
    return QDir::cleanPath(QCoreApplication::applicationDirPath() + QStringLiteral("/../share/strata/models"));
}

std::vector<strata::BackendChoice> devices() {
    std::vector<strata::BackendChoice> all = strata::cudaBackends();
    all.push_back(strata::cpuBackend());
    return all;
}

QSize sizeFrom(const QString& widthByHeight) {
    return {
        widthByHeight.section(QLatin1Char('x'), 0, 0).toInt(), widthByHeight.section(QLatin1Char('x'), 1, 1).toInt()};
}

// What a later start asks of this one.
void comeForward(MainWindow& window, const QString& file) {
    window.setWindowState(window.windowState() & ~Qt::WindowMinimized);
    window.show();
    window.raise();
    window.activateWindow();
    if (!file.isEmpty())
        window.loadModel(file);
}

// Neither shows nor changes what the person has, and asks nobody who does.
int takePicture(const QCommandLineParser& parser, const QString& file) {
    const QTemporaryDir scratch;
    Settings settings(scratch.filePath(QStringLiteral("strata.ini")));
    settings.set(setting::theme, parser.value(kTheme));
    const Theme theme(settings);
    EngineController controller(devices());
    MainWindow window(controller, settings, builtInFolder(), scratch.filePath(QStringLiteral("chat.json")));
    Screenshot screenshot(window, controller, parser.value(kScreenshot));
    screenshot.setSeconds(parser.value(kSeconds).toInt());
    screenshot.setMidReply(parser.isSet(kMidReply));
    window.resize(sizeFrom(parser.value(kSize)));
    for (const QString& name : parser.values(kDock))
        if (auto* dock = window.findChild<QDockWidget*>(name))
            dock->show();
    window.show();
    window.loadModel(file.isEmpty() ? modelAtStart(settings, builtInFolder()) : file);
    return QApplication::exec();
}

int showWindow(const QString& file) {
    SingleInstance instance(QFileInfo(ChatStore::standardPath()).path());
    if (instance.start(file) == SingleInstance::Role::HandedOver)
        return 0;
    Settings settings(Settings::standardPath());
    const Theme theme(settings);
    EngineController controller(devices());
    controller.setDeviceSource(&devices);
    MainWindow window(controller, settings, builtInFolder(), ChatStore::standardPath());
    window.showNotice(missingGpuNote(controller.devices(), settings, QString::fromStdString(strata::whyNoGpu())));
    QObject::connect(&instance, &SingleInstance::fileHandedOver, &window,
        [&window](const QString& path) { comeForward(window, path); });
    window.measureOnceIdle();
    window.show();
    const QString path = file.isEmpty() ? modelAtStart(settings, builtInFolder()) : file;
    if (!path.isEmpty())
        window.loadModel(path);
    return QApplication::exec();
}

} // namespace

int main(int argc, char** argv) {
    strata::setLogSink([](strata::LogLevel, std::string_view line) {
        QTextStream(stderr) << QString::fromUtf8(line.data(), static_cast<qsizetype>(line.size())) << Qt::endl;
    });
    QCoreApplication::setApplicationName(QStringLiteral("strata"));
    QCoreApplication::setApplicationVersion(QStringLiteral(STRATA_VERSION));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Strata"));
    QGuiApplication::setDesktopFileName(QStringLiteral("strata"));
    QCommandLineParser parser;
    addOptions(parser);
    answerWithoutDisplay(parser, argc, argv);
    preparePlatform(parser);

    QApplication app(argc, argv);
    parser.process(app);

    const QStringList files = parser.positionalArguments();
    const QString file = files.isEmpty() ? QString() : QFileInfo(files.first()).absoluteFilePath();
    return parser.isSet(kScreenshot) ? takePicture(parser, file) : showWindow(file);
}
