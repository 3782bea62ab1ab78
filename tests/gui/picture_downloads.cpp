// SPDX-License-Identifier: GPL-3.0-or-later
// Not a test: makes docs/images/downloads-*.png from the window itself, with what a hub of the tests serves.
// picture_downloads FILE light|dark [SCALE]
#include "gui/downloads/download_list.h"
#include "gui/theme.h"
#include "tests/gui/desk.h"
#include "tests/gui/fake_hub.h"

#include "core/synth/synth.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;

namespace {

const QString kRepo = u"example/Llama-3.1-8B-Instruct-GGUF"_s;

constexpr int kPaceMs = 4000; // of a download, until its pace is known

void waitFor(const std::function<bool()>& isThere) {
    if (!QTest::qWaitFor(isThere, 60000)) {
        qFatal("what the picture is to show has not come");
    }
}

// As long as it says, and a hole.
void makeHole(const QString& path, qint64 bytes) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || !file.resize(bytes)) {
        qFatal("%s can't be made", qPrintable(path));
    }
}

// An 8B model in the formats that Strata can make headers of.
void fillHub(FakeHub& hub, const QString& folder) {
    for (const std::string_view quant : strata::synthQuantNames()) {
        const QString name = u"Llama-3.1-8B-Instruct-%1.gguf"_s.arg(QString::fromLatin1(quant.data(), qsizetype(quant.size())));
        const QString path = folder + u'/' + name;
        strata::synthesize({.preset = "8b", .quant = std::string(quant), .path = path.toStdString(), .hasMatrices = false});
        hub.add(kRepo, name, FakeHub::File{.isStated = false, .statedSize = QFileInfo(path).size(), .onDisk = path});
    }
}

DownloadRecord recordOf(const FakeHub& hub, const QString& folder, const QString& name, qint64 bytes) {
    HubItem item;
    item.name = name;
    item.files = {{name + u".gguf"_s, static_cast<quint64>(bytes), QByteArray(64, 'a')}};
    return makeRecord(hub.url(), {.repo = kRepo, .commit = QString(40, u'c'), .files = {}}, item, folder);
}

// One that is complete, one that is paused, one on its way.
void fillFolder(FakeHub& hub, const QString& folder) {
    DownloadRecord small = recordOf(hub, folder, u"SmolLM2-360M-Instruct-Q8_0"_s, 386'404'992);
    makeHole(small.modelPath(), 386'404'992);
    small.isComplete = true;
    small.save();
    DownloadRecord large = recordOf(hub, folder, u"Llama-3.3-70B-Instruct-Q4_K_M"_s, 42'520'395'776);
    makeHole(large.partPath(large.files[0]), 17'300'000'000);
    large.save();
    DownloadRecord coming = recordOf(hub, folder, u"Mistral-7B-Instruct-v0.3-Q4_K_M"_s, 4'372'811'936);
    makeHole(coming.partPath(coming.files[0]), 900'000'000);
    coming.save();
    hub.add(kRepo, coming.files[0].path, FakeHub::File{.bytes = "x", .statedSize = 4'372'811'936});
}

void takePicture(Desk& desk, FakeHub& hub, const QString& file) {
    desk.window->resize(1280, 860);
    desk.press(Qt::Key_D, Qt::ControlModifier);
    auto* search = desk.find<QLineEdit>(u"Find models on the hub"_s);
    hub.files[kRepo].remove(u"Mistral-7B-Instruct-v0.3-Q4_K_M.gguf"_s); // not among what is listed
    QTest::keyClicks(search, u"llama 3.1 8b"_s);
    search->setText(kRepo);
    QTest::keyClick(search, Qt::Key_Return);
    auto* reason = desk.find<QLabel>(u"What it would do on this machine"_s);
    waitFor([reason] { return !reason->text().isEmpty() && !reason->text().contains(u"Reading"); });
    hub.add(kRepo, u"Mistral-7B-Instruct-v0.3-Q4_K_M.gguf"_s, FakeHub::File{.bytes = "x", .statedSize = 4'372'811'936});
    hub.mischief = {{.zerosPerSecond = 41'300'000}};
    DownloadList& list = desk.window->downloads();
    for (int row = 0; row < list.rowCount(); ++row) {
        if (list.download(row).record.name.startsWith(u"Mistral")) {
            list.resume(row);
            desk.find<QListView>(u"Downloads"_s)->setCurrentIndex(list.index(row));
        }
    }
    QElapsedTimer clock;
    clock.start();
    waitFor([&] {
        if (!hub.mischief.isEmpty()) { // what is there is being checked
            clock.start();
        }
        return clock.elapsed() > kPaceMs;
    });
    if (!desk.dock("downloads")->grab().save(file)) {
        qFatal("%s can't be written", qPrintable(file));
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        qFatal("picture_downloads FILE light|dark [SCALE]");
    }
    const QTemporaryDir home;
    qputenv("HOME", home.path().toLocal8Bit()); // paths begin with "~" and nothing of a person shows
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_SCALE_FACTOR", argc > 3 ? argv[3] : "1");
    QApplication app(argc, argv);
    QDir().mkpath(home.filePath(u"Models"_s));
    QDir().mkpath(home.filePath(u"hub"_s));
    const QString models = home.filePath(u"Models"_s);
    FakeHub hub;
    fillHub(hub, home.filePath(u"hub"_s));
    fillFolder(hub, models);
    {
        Settings settings(home.filePath(u"strata.ini"_s));
        settings.set(setting::theme, QString::fromLatin1(argv[2]));
        settings.set(setting::watchedFolders, {models});
        settings.set(setting::downloadFolders, {models});
        settings.set(setting::hubAddress, hub.url().toString());
    }
    Desk desk(home.path());
    const Theme theme(desk.settings);
    takePicture(desk, hub, QString::fromLocal8Bit(argv[1]));
    return 0;
}
