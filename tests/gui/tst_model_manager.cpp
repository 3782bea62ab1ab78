// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_at_start.h"
#include "gui/models/model_manager.h"
#include "gui/names_apart.h"
#include "gui/settings/setting_keys.h"
#include "tests/support/raw_gguf.h"
#include "tests/support/tiny_model.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QTemporaryDir>
#include <QTest>

class TestModelManager : public QObject {
    Q_OBJECT

private slots:
    void init();
    void listsModelsOfFolderAndSubfolders();
    void splitModelIsOneRow();
    void unreadableFileStaysWithItsSentence();
    void vocabularyWithoutWeightsIsMarked();
    void missingFolderGivesSentence();
    void sortsByValueNotByText();
    void noticesNewAndRemovedFiles();
    void remembersFoldersAndForgetsThem();
    void readsAFileOnlyOnceWhileItIsUnchanged();
    void marksTheLoadedModel();
    void listsTheLoadedModelWhereverItLies();
    void opensAtStartWhatWasAskedFor();
    void loadedModelKeepsItsRowWhenTheFileGoes_data();
    void loadedModelKeepsItsRowWhenTheFileGoes();
    void loadedFileThatIsWrittenOverIsMarked();
    void modelsOfOneNameAreToldApart();
    void namesAreToldApartByRepositoryFolderOrFile();

private:
    void scan(ModelManager& manager) { QTRY_VERIFY(!manager.isScanning()); }
    QString write(const strata::TinyModel& model, const QString& subfolder = {}) const;
    void writeBytes(const QString& name, const QByteArray& bytes) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Settings> m_settings;
};

void TestModelManager::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_settings = std::make_unique<Settings>(m_folder->filePath(QStringLiteral("settings.ini")));
    QVERIFY(QDir(m_folder->path()).mkpath(QStringLiteral("models/deeper")));
    m_settings->set(setting::watchedFolders, {m_folder->filePath(QStringLiteral("models"))});
}

QString TestModelManager::write(const strata::TinyModel& model, const QString& subfolder) const {
    const QString folder = m_folder->filePath(QStringLiteral("models/") + subfolder);
    return QString::fromStdString(strata::writeTinyModel(folder.toStdString(), model).string());
}

void TestModelManager::writeBytes(const QString& name, const QByteArray& bytes) const {
    QFile file(m_folder->filePath(QStringLiteral("models/") + name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

static QString cell(const ModelManager& manager, int row, ModelManager::Column column) {
    return manager.index(row, column).data().toString();
}

void TestModelManager::listsModelsOfFolderAndSubfolders() {
    write({.name = "First", .stem = "first"});
    write({.name = "Second", .stem = "second"}, QStringLiteral("deeper"));
    writeBytes(QStringLiteral("notes.txt"), "not a model");
    ModelManager manager(*m_settings, {});
    const QAbstractItemModelTester tester(&manager, QAbstractItemModelTester::FailureReportingMode::Fatal);
    scan(manager);
    QCOMPARE(manager.rowCount(), 2);
    QStringList names = {cell(manager, 0, ModelManager::Name), cell(manager, 1, ModelManager::Name)};
    names.sort();
    QCOMPARE(names, QStringList({QStringLiteral("First"), QStringLiteral("Second")}));
    QCOMPARE(cell(manager, 0, ModelManager::Architecture), QStringLiteral("llama"));
    QCOMPARE(cell(manager, 0, ModelManager::Context), QStringLiteral("256"));
    QCOMPARE(cell(manager, 0, ModelManager::Format), QStringLiteral("F32"));
    QVERIFY(manager.entry(0).problem.isEmpty());
    QVERIFY(!manager.entry(0).metadata.isEmpty());
}

void TestModelManager::splitModelIsOneRow() {
    const QString path = write({.name = "Split", .stem = "split", .partCount = 3});
    ModelManager manager(*m_settings, {});
    scan(manager);
    QCOMPARE(manager.rowCount(), 1);
    QCOMPARE(manager.entry(0).path, path);
    QCOMPARE(manager.entry(0).partCount, 3);
    QVERIFY(manager.entry(0).fileBytes > static_cast<quint64>(QFile(path).size()));
}

void TestModelManager::unreadableFileStaysWithItsSentence() {
    writeBytes(QStringLiteral("broken.gguf"), "GGUF but not really");
    writeBytes(QStringLiteral("empty.gguf"), {});
    ModelManager manager(*m_settings, {});
    const QAbstractItemModelTester tester(&manager, QAbstractItemModelTester::FailureReportingMode::Fatal);
    scan(manager);
    QCOMPARE(manager.rowCount(), 2);
    for (int row = 0; row < 2; ++row) {
        QVERIFY(manager.entry(row).problem.contains(QStringLiteral(".gguf")));
        QVERIFY(manager.index(row, 0).data(Qt::ToolTipRole).toString().contains(manager.entry(row).problem));
        QVERIFY(manager.index(row, 0).data(Qt::AccessibleTextRole).toString().contains(manager.entry(row).problem));
    }
}

void TestModelManager::vocabularyWithoutWeightsIsMarked() {
    strata::RawGguf file(3, 0, 1);
    file.textKey("general.architecture", "llama");
    writeBytes(QStringLiteral("vocabulary.gguf"), QByteArray::fromStdString(file.data(0).bytes()));
    ModelManager manager(*m_settings, {});
    scan(manager);
    QCOMPARE(manager.rowCount(), 1);
    QVERIFY2(manager.entry(0).isVocabularyOnly, qPrintable(manager.entry(0).problem));
    QVERIFY(!manager.entry(0).problem.isEmpty());
}

void TestModelManager::missingFolderGivesSentence() {
    const QString gone = m_folder->filePath(QStringLiteral("gone"));
    m_settings->set(setting::watchedFolders, {gone});
    ModelManager manager(*m_settings, {});
    scan(manager);
    QCOMPARE(manager.folderProblems().size(), 1);
    QVERIFY(manager.folderProblems().first().contains(QStringLiteral("gone")));
}

void TestModelManager::sortsByValueNotByText() {
    write({.context = 1024, .stem = "long"});
    write({.context = 512, .stem = "short"});
    ModelManager manager(*m_settings, {});
    scan(manager);
    QSortFilterProxyModel sorted;
    sorted.setSourceModel(&manager);
    sorted.setSortRole(ModelManager::ValueRole);
    sorted.sort(ModelManager::Context);
    QCOMPARE(
        sorted.index(0, ModelManager::Context).data().toString(), QStringLiteral("512")); // "1,024" < "512" as text
}

void TestModelManager::noticesNewAndRemovedFiles() {
    ModelManager manager(*m_settings, {});
    const QAbstractItemModelTester tester(&manager, QAbstractItemModelTester::FailureReportingMode::Fatal);
    scan(manager);
    QCOMPARE(manager.rowCount(), 0);
    const QString path = write({.stem = "late"}, QStringLiteral("deeper"));
    QTRY_COMPARE(manager.rowCount(), 1);
    QVERIFY(QFile::remove(path));
    QTRY_COMPARE(manager.rowCount(), 0);
}

void TestModelManager::remembersFoldersAndForgetsThem() {
    write({});
    const QString folder = m_folder->filePath(QStringLiteral("models"));
    m_settings->set(setting::watchedFolders, {});
    ModelManager manager(*m_settings, {});
    manager.watchFolder(folder);
    manager.watchFolder(folder + QStringLiteral("/"));
    QCOMPARE(m_settings->get(setting::watchedFolders), QStringList(folder));
    QTRY_COMPARE(manager.rowCount(), 1);
    manager.forgetFolder(folder);
    QTRY_COMPARE(manager.rowCount(), 0);
    QVERIFY(m_settings->get(setting::watchedFolders).isEmpty());
}

void TestModelManager::readsAFileOnlyOnceWhileItIsUnchanged() {
    write({});
    ModelManager manager(*m_settings, {});
    scan(manager);
    QCOMPARE(manager.rowCount(), 1);
    const QSignalSpy changed(&manager, &QAbstractItemModel::dataChanged);
    QSignalSpy scanned(&manager, &ModelManager::scanned);
    manager.rescan();
    QVERIFY(scanned.wait());
    QCOMPARE(changed.size(), 0);
}

void TestModelManager::marksTheLoadedModel() {
    const QString path = write({});
    ModelManager manager(*m_settings, {});
    scan(manager);
    manager.setLoadedPath(path);
    QVERIFY(manager.index(0, 0).data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("loaded")));
    QVERIFY(!manager.index(0, 0).data(Qt::DecorationRole).isNull());
    manager.setLoadedPath({});
    QVERIFY(manager.index(0, 0).data(Qt::DecorationRole).isNull());
}

void TestModelManager::listsTheLoadedModelWhereverItLies() {
    const QString elsewhere =
        QString::fromStdString(strata::writeTinyModel(m_folder->path().toStdString(), {.stem = "elsewhere"}).string());
    ModelManager manager(*m_settings, {});
    scan(manager);
    QCOMPARE(manager.rowCount(), 0);
    manager.setLoadedPath(elsewhere);
    QTRY_COMPARE(manager.rowCount(), 1);
    QVERIFY(manager.folderProblems().isEmpty());
    manager.setLoadedPath({});
    QTRY_COMPARE(manager.rowCount(), 0);
}

void TestModelManager::opensAtStartWhatWasAskedFor() {
    const QString builtIn = m_folder->filePath(QStringLiteral("models"));
    const QString own = m_folder->filePath(QStringLiteral("own.gguf"));
    QCOMPARE(modelAtStart(*m_settings, builtIn), QString()); // the folder is empty
    writeBytes(QStringLiteral("strata-demo.gguf"), "GGUF");
    const QString demo = QDir(builtIn).filePath(QStringLiteral("strata-demo.gguf"));
    QCOMPARE(modelAtStart(*m_settings, builtIn), demo);
    m_settings->set(setting::recentModels, {own, demo});
    QCOMPARE(modelAtStart(*m_settings, builtIn), QString()); // the chat offers it
    m_settings->set(setting::loadsLastModel, true);
    QCOMPARE(modelAtStart(*m_settings, builtIn), own);
    m_settings->set(setting::recentModels, {demo, own});
    QCOMPARE(modelAtStart(*m_settings, builtIn), demo);
}

void TestModelManager::loadedModelKeepsItsRowWhenTheFileGoes_data() {
    QTest::addColumn<bool>("isWatched");
    QTest::newRow("in a watched folder") << true;
    QTest::newRow("elsewhere") << false;
}

void TestModelManager::loadedModelKeepsItsRowWhenTheFileGoes() {
    QFETCH(const bool, isWatched);
    const QString path = write({.name = "Gone"});
    if (!isWatched)
        m_settings->set(setting::watchedFolders, {});
    ModelManager manager(*m_settings, {});
    const QAbstractItemModelTester tester(&manager, QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QSignalSpy lost(&manager, &ModelManager::loadedFileLost);
    scan(manager);
    manager.setLoadedPath(path);
    scan(manager);
    QCOMPARE(manager.rowCount(), 1);
    QCOMPARE(lost.size(), 0);
    QVERIFY(QFile::rename(path, path + QStringLiteral(".moved")));
    QTRY_COMPARE(lost.size(), 1);
    QVERIFY(lost.first().first().toString().contains(QStringLiteral("gone")));
    QCOMPARE(manager.rowCount(), 1);
    QVERIFY(manager.index(0, 0).data().toString().endsWith(QStringLiteral("(file is gone)")));
    QVERIFY(manager.index(0, 0).data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("until unloaded")));
    QVERIFY(QFile::rename(path + QStringLiteral(".moved"), path));
    QTRY_COMPARE(manager.index(0, 0).data().toString(), QStringLiteral("Gone"));
    QVERIFY(QFile::remove(path));
    QTRY_COMPARE(lost.size(), 2);
    manager.setLoadedPath({});
    QTRY_COMPARE(manager.rowCount(), 0);
}

void TestModelManager::loadedFileThatIsWrittenOverIsMarked() {
    const QString path = write({.name = "First"});
    ModelManager manager(*m_settings, {});
    const QSignalSpy lost(&manager, &ModelManager::loadedFileLost);
    manager.setLoadedPath(path);
    scan(manager);
    write({.name = "Second"});
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.setFileTime(QDateTime::currentDateTime().addSecs(60), QFileDevice::FileModificationTime));
    file.close();
    QTRY_COMPARE(lost.size(), 1);
    QVERIFY(manager.index(0, 0).data().toString().endsWith(QStringLiteral("(file was changed)")));
    QVERIFY(lost.first().first().toString().contains(QStringLiteral("changed")));
}

void TestModelManager::modelsOfOneNameAreToldApart() {
    for (const char* folder : {"models/left", "models/right"})
        QVERIFY(QDir(m_folder->path()).mkpath(QLatin1String(folder)));
    write({.name = "Twin"}, QStringLiteral("left"));
    write({.name = "Twin"}, QStringLiteral("right"));
    write({.name = "Single", .stem = "single"});
    ModelManager manager(*m_settings, {});
    scan(manager);
    QStringList names;
    for (int row = 0; row < manager.rowCount(); ++row)
        names.append(cell(manager, row, ModelManager::Name));
    names.sort();
    QCOMPARE(
        names, QStringList({QStringLiteral("Single"), QStringLiteral("Twin · left"), QStringLiteral("Twin · right")}));
    QVERIFY(QFile::remove(m_folder->filePath(QStringLiteral("models/left/tiny.gguf"))));
    QTRY_COMPARE(manager.rowCount(), 2);
    QVERIFY(cell(manager, 0, ModelManager::Name) == QStringLiteral("Twin") ||
            cell(manager, 1, ModelManager::Name) == QStringLiteral("Twin"));
}

void TestModelManager::namesAreToldApartByRepositoryFolderOrFile() {
    const QString name = QStringLiteral("Llama");
    QCOMPARE(namesApart({{name, QStringLiteral("/hub/models--org--a/snapshots/0f/x.gguf")},
                 {QStringLiteral("llama"), QStringLiteral("/hub/models--org--b/snapshots/0f/x.gguf")}}),
        QStringList({QStringLiteral("org/a"), QStringLiteral("org/b")}));
    QCOMPARE(namesApart({{name, QStringLiteral("/m/x-q4.gguf")}, {name, QStringLiteral("/m/x-q8.gguf")}}),
        QStringList({QStringLiteral("x-q4.gguf"), QStringLiteral("x-q8.gguf")}));
    QCOMPARE(namesApart({{name, QStringLiteral("/a/m/x.gguf")}, {name, QStringLiteral("/b/m/x.gguf")},
                 {QStringLiteral("Other"), QStringLiteral("/b/m/y.gguf")}}),
        QStringList({QStringLiteral("/a/m/x.gguf"), QStringLiteral("/b/m/x.gguf"), QString()}));
}

QTEST_MAIN(TestModelManager)
#include "tst_model_manager.moc"
