// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_job.h"
#include "gui/downloads/header_probe.h"
#include "gui/downloads/hub_client.h"
#include "gui/downloads/hub_items_table.h"
#include "gui/downloads/hub_models_table.h"
#include "gui/downloads/planned_outlook.h"
#include "tests/gui/fake_hub.h"
#include "tests/support/tiny_model.h"

#include "core/synth/synth.h"
#include "core/tier/typical_profile.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslSocket>
#include <QTemporaryDir>
#include <QTest>
#include <QThreadPool>

using namespace Qt::StringLiterals;
using Fit = ModelOutlook::Fit;

namespace {

const QString kRepo = u"someone/Some-Model-GGUF"_s;

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// 64 GB of RAM and no GPU, measured.
OutlookOfHeader outlookNow() {
    PlanningMachine machine;
    machine.host = {.totalBytes = 64'000'000'000, .freeBytes = 64'000'000'000, .reserveBytes = 0};
    machine.profile = strata::typicalProfile({}, {});
    machine.profile.date = "2026-01-02";
    return [machine](const QString& path) { return plannedOutlook(path, u"/models"_s, machine, {}); };
}

// A hub whose certificate nobody vouches for.
class TlsHub : public FakeHub {
public:
    TlsHub() { scheme = u"https"_s; }

    static QSslCertificate certificate() {
        return QSslCertificate(contents(QStringLiteral(STRATA_TEST_DATA "/tls/self-signed.crt")), QSsl::Pem);
    }

protected:
    void incomingConnection(qintptr descriptor) override {
        auto* socket = new QSslSocket(this);
        if (!socket->setSocketDescriptor(descriptor))
            return;
        socket->setLocalCertificate(certificate());
        socket->setPrivateKey(
            QSslKey(contents(QStringLiteral(STRATA_TEST_DATA "/tls/self-signed.key")), QSsl::Ec, QSsl::Pem));
        accept(socket);
        socket->startServerEncryption();
    }
};

} // namespace

class TestHubClient : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void findsModels();
    void listsTheFilesOfAModel();
    void tellsWhatWentWrong_data();
    void tellsWhatWentWrong();
    void hubThatIsNotThereIsASentence();
    void silentHubIsASentence();
    void newQuestionEndsTheFormer();
    void certificateThatDoesNotHoldIsRefused();
    void certificateThatHoldsIsTaken();
    void downloadsRefuseSuchACertificateToo();
    void httpsNeverGoesToHttp();
    void headerTellsWhatTheModelIs();
    void longHeaderIsAskedForAgain();
    void splitHeaderIsRead();
    void smallTensorsThatTellAreRead();
    void foreignFileIsNotBelieved();
    void refusalOfAHeaderIsASentence();
    void unknownVersionEndsTheReading();
    void manySmallTensorsAreNotAskedFor();
    void endlessAnswerIsASentence();
    void tablesAreSound();

private:
    HubAccess access() const { return {m_hub->url(), m_token}; }
    QString failure(HubClient& client, const std::function<void()>& ask);
    HubRepo list();
    ModelOutlook probe(quint64 firstBytes);
    void addModel(const strata::TinyModel& model);

    std::unique_ptr<FakeHub> m_hub;
    QByteArray m_token;
};

void TestHubClient::init() {
    m_hub = std::make_unique<FakeHub>();
    m_hub->add(kRepo, u"some-Q4_0.gguf"_s, QByteArray(1000, 'x'));
    m_hub->add(u"other/Thing"_s, u"thing.gguf"_s, QByteArray(10, 'y'));
    m_token.clear();
}

void TestHubClient::cleanup() {
    QThreadPool::globalInstance()->waitForDone();
}

QString TestHubClient::failure(HubClient& client, const std::function<void()>& ask) {
    QSignalSpy failed(&client, &HubClient::failed);
    ask();
    [&] { QVERIFY(failed.wait()); }();
    return failed.value(0).value(0).toString();
}

void TestHubClient::findsModels() {
    HubClient client;
    QSignalSpy found(&client, &HubClient::found);
    client.search(access(), u"some model"_s.section(u' ', 0, 0));
    QVERIFY(found.wait());
    const auto models = found[0][0].value<QList<HubModel>>();
    QCOMPARE(models.size(), 1);
    QCOMPARE(models[0].repo, kRepo);
    QVERIFY(!client.isAsking());
    QCOMPARE(m_hub->requests.size(), 1);
    QVERIFY(m_hub->requests[0].path.contains("filter=gguf"));
}

void TestHubClient::listsTheFilesOfAModel() {
    m_hub->token = m_token = "secret";
    const HubRepo repo = list();
    QCOMPARE(repo.repo, kRepo);
    QCOMPARE(repo.files.size(), 1);
    QCOMPARE(repo.files[0].size, 1000);
    QCOMPARE(repo.files[0].sha256, FakeHub::sha(QByteArray(1000, 'x')));
}

HubRepo TestHubClient::list() {
    HubClient client;
    QSignalSpy listed(&client, &HubClient::listed);
    client.list(access(), {.repo = kRepo, .revision = {}, .path = {}, .format = {}});
    [&] { QVERIFY(listed.wait()); }();
    return listed.value(0).value(0).value<HubRepo>();
}

void TestHubClient::tellsWhatWentWrong_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QString>("words");
    QTest::newRow("401") << 401 << QByteArray() << u"access token"_s;
    QTest::newRow("404") << 404 << QByteArray() << u"no such model"_s;
    QTest::newRow("429") << 429 << QByteArray("Retry-After: 90\r\n") << u"1 min 30 s"_s;
    QTest::newRow("500") << 500 << QByteArray() << u"trouble"_s;
    QTest::newRow("no list") << 200 << QByteArray() << u"not as a hub does"_s;
}

void TestHubClient::tellsWhatWentWrong() {
    QFETCH(int, status);
    QFETCH(QByteArray, headers);
    QFETCH(QString, words);
    m_hub->apiMischief["/api/"] = {.status = status, .headers = headers};
    HubClient client;
    const QString sentence = failure(client, [&] { client.search(access(), u"x"_s); });
    QVERIFY2(sentence.contains(words), qPrintable(sentence));
    QVERIFY(!client.isAsking());
}

void TestHubClient::hubThatIsNotThereIsASentence() {
    const HubAccess nobody = access();
    m_hub->close();
    HubClient client;
    const QString sentence = failure(client, [&] { client.search(nobody, u"x"_s); });
    QVERIFY2(sentence.contains(u"does not answer"), qPrintable(sentence));
}

void TestHubClient::silentHubIsASentence() {
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    HubClient client;
    client.setStall(std::chrono::milliseconds(100));
    const QUrl url(u"http://127.0.0.1:%1"_s.arg(silent.serverPort()));
    const QString sentence = failure(client, [&] { client.search({url, {}}, u"x"_s); });
    QVERIFY2(sentence.contains(u"sent nothing for 0.1 s"), qPrintable(sentence));
}

void TestHubClient::newQuestionEndsTheFormer() {
    HubClient client;
    QSignalSpy found(&client, &HubClient::found);
    client.search(access(), u"thing"_s);
    client.search(access(), u"some"_s);
    QVERIFY(found.wait());
    QTRY_VERIFY(!client.isAsking());
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0][0].value<QList<HubModel>>()[0].repo, kRepo);
}

void TestHubClient::certificateThatDoesNotHoldIsRefused() {
    TlsHub hub;
    HubClient client;
    const QString sentence = failure(client, [&] { client.search({hub.url(), "secret"}, u"x"_s); });
    QVERIFY2(sentence.contains(u"not safe"), qPrintable(sentence));
    QVERIFY(hub.requests.isEmpty()); // neither the question nor the token went there
}

// Or the test above would pass whatever the reason.
void TestHubClient::certificateThatHoldsIsTaken() {
    TlsHub hub;
    hub.files = m_hub->files;
    const QSslConfiguration former = QSslConfiguration::defaultConfiguration();
    QSslConfiguration trusting = former;
    trusting.addCaCertificate(TlsHub::certificate());
    QSslConfiguration::setDefaultConfiguration(trusting);
    HubClient client;
    QSignalSpy found(&client, &HubClient::found);
    client.search({hub.url(), {}}, u"some"_s);
    const bool isFound = found.wait();
    QSslConfiguration::setDefaultConfiguration(former);
    QVERIFY(isFound);
    QCOMPARE(hub.requests.size(), 1);
}

void TestHubClient::downloadsRefuseSuchACertificateToo() {
    TlsHub cdn;
    cdn.files = m_hub->files;
    m_hub->cdn = cdn.url();
    const HubRepo repo = list();
    const QTemporaryDir folder;
    QNetworkAccessManager network;
    QThreadPool pool;
    const JobTools tools{network, pool, {}, [](const QString& /*folder*/) { return qint64(1) << 40; }};
    DownloadJob job(makeRecord(m_hub->url(), repo, groupFiles(repo.files)[0], folder.path()), access(),
        DownloadJob::Task::Download, tools);
    QSignalSpy ended(&job, &DownloadJob::ended);
    job.start();
    QVERIFY(ended.wait());
    const auto end = ended[0][0].value<JobEnd>();
    QCOMPARE(end.outcome, JobEnd::Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"not safe"), qPrintable(end.sentence));
    QVERIFY(cdn.requests.isEmpty());
}

void TestHubClient::httpsNeverGoesToHttp() {
    TlsHub hub;
    hub.apiMischief["/api/"] = {.status = 302, .headers = "Location: " + m_hub->url().toEncoded() + "/api/models?search=x\r\n"};
    const QSslConfiguration former = QSslConfiguration::defaultConfiguration();
    QSslConfiguration trusting = former;
    trusting.addCaCertificate(TlsHub::certificate());
    QSslConfiguration::setDefaultConfiguration(trusting);
    HubClient client;
    const QString sentence = failure(client, [&] { client.search({hub.url(), {}}, u"x"_s); });
    QSslConfiguration::setDefaultConfiguration(former);
    QVERIFY2(sentence.contains(u"not encrypted"), qPrintable(sentence));
    QVERIFY(m_hub->requests.isEmpty());
}

void TestHubClient::addModel(const strata::TinyModel& model) {
    const QTemporaryDir folder;
    strata::writeTinyModel(folder.path().toStdString(), model);
    m_hub->files[kRepo].clear();
    for (const QString& name : QDir(folder.path()).entryList(QDir::Files)) {
        m_hub->add(kRepo, name, contents(folder.filePath(name)));
    }
}

ModelOutlook TestHubClient::probe(quint64 firstBytes) {
    const HubRepo repo = list();
    QNetworkAccessManager network;
    HeaderProbe probe(network, outlookNow);
    probe.setFirstBytes(firstBytes);
    QSignalSpy done(&probe, &HeaderProbe::done);
    probe.probe(access(), repo, groupFiles(repo.files).value(0));
    [&] { QVERIFY(done.wait(60000)); }(); // a sanitizer reads large vocabularies slowly
    return done.value(0).value(0).value<ModelOutlook>();
}

void TestHubClient::headerTellsWhatTheModelIs() {
    addModel({.embeddingLength = 512, .feedForwardLength = 2048});
    const ModelOutlook outlook = probe(200'000);
    QCOMPARE(outlook.source, ModelOutlook::Source::Header);
    QCOMPARE(outlook.fit, Fit::Ram);
    QCOMPARE(m_hub->fileRequests().size(), 1);
    QCOMPARE(m_hub->fileRequests()[0].headers["range"], QByteArray("bytes=0-199999")); // of millions
}

void TestHubClient::longHeaderIsAskedForAgain() {
    addModel({.embeddingLength = 512, .feedForwardLength = 2048});
    QCOMPARE(probe(1000).source, ModelOutlook::Source::Header);
    QVERIFY(m_hub->fileRequests().size() > 1);
    QCOMPARE(m_hub->fileRequests()[1].headers["range"], QByteArray("bytes=0-3999"));
}

void TestHubClient::splitHeaderIsRead() {
    addModel({.embeddingLength = 512, .feedForwardLength = 2048, .partCount = 3});
    QCOMPARE(probe(200'000).source, ModelOutlook::Source::Header);
    QCOMPARE(m_hub->fileRequests().size(), 3);
}

// Llama 3.1 and later: how positions are stretched stands in a tensor, here behind gigabytes of weights.
void TestHubClient::smallTensorsThatTellAreRead() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"large-Q4_K_M.gguf"_s);
    strata::synthesize({.preset = "8b", .path = path.toStdString(), .hasMatrices = false});
    m_hub->files[kRepo].clear();
    m_hub->add(kRepo, u"large-Q4_K_M.gguf"_s,
        FakeHub::File{.isStated = false, .statedSize = QFileInfo(path).size(), .onDisk = path});
    const ModelOutlook outlook = probe(8 << 20);
    QCOMPARE(outlook.source, ModelOutlook::Source::Header);
    QVERIFY2(outlook.fit == Fit::Ram, qPrintable(outlook.sentence));
    QVERIFY2(outlook.text.startsWith(u"fits in RAM, ~"), qPrintable(outlook.text));
    QVERIFY2(outlook.sentence.contains(u"tok/s"), qPrintable(outlook.sentence));
    QVERIFY(m_hub->fileRequests().size() >= 2);
    quint64 asked = 0;
    for (const FakeHub::Request& request : m_hub->fileRequests()) {
        const QList<QByteArray> ends = request.headers["range"].mid(6).split('-');
        asked += ends[1].toULongLong() - ends[0].toULongLong() + 1;
    }
    QVERIFY2(asked < 48'000'000, qPrintable(QString::number(asked))); // of five gigabytes
}

void TestHubClient::foreignFileIsNotBelieved() {
    const ModelOutlook outlook = probe(1'000'000); // a thousand "x"
    QCOMPARE(outlook.source, ModelOutlook::Source::None);
    QVERIFY(!outlook.sentence.isEmpty());
}

void TestHubClient::refusalOfAHeaderIsASentence() {
    const HubRepo repo = list();
    m_hub->mischief = {{.status = 403}};
    QNetworkAccessManager network;
    HeaderProbe probe(network, outlookNow);
    QSignalSpy failed(&probe, &HeaderProbe::failed);
    probe.probe(access(), repo, groupFiles(repo.files).value(0));
    QVERIFY(failed.wait());
    QVERIFY(failed[0][0].toString().contains(u"terms"));
}

// More bytes of a file that this program does not know say no more about it.
void TestHubClient::unknownVersionEndsTheReading() {
    QByteArray bytes(400'000, '\0');
    bytes.replace(0, 8, QByteArray("GGUF\x63\0\0\0", 8));
    m_hub->add(kRepo, u"some-Q4_0.gguf"_s, bytes);
    const ModelOutlook outlook = probe(1000);
    QVERIFY2(outlook.sentence.contains(u"version"), qPrintable(outlook.sentence));
    QCOMPARE(m_hub->fileRequests().size(), 1);
}

// A header may claim that thousands of tensors tell its shape; each would be a request.
void TestHubClient::manySmallTensorsAreNotAskedFor() {
    constexpr int kTensors = 100;
    QByteArray bytes;
    const auto add = [&bytes](auto number) {
        for (std::size_t i = 0; i < sizeof(number); ++i) {
            bytes.append(static_cast<char>(number >> (8 * i)));
        }
    };
    bytes.append("GGUF");
    add(quint32(3));
    add(quint64(kTensors));
    add(quint64(0));
    for (int i = 0; i < kTensors; ++i) {
        const QByteArray name = "rope_" + QByteArray::number(i);
        add(quint64(name.size()));
        bytes.append(name);
        add(quint32(1));
        add(quint64(1024)); // elements
        add(quint32(0));    // F32
        add(quint64(i) * 4096);
    }
    bytes.append(QByteArray(kTensors * 4096 + 32, '\0'));
    m_hub->add(kRepo, u"some-Q4_0.gguf"_s, bytes);
    probe(8192);
    QVERIFY2(m_hub->fileRequests().size() < 12, qPrintable(QString::number(m_hub->fileRequests().size())));
}

void TestHubClient::endlessAnswerIsASentence() {
    m_hub->apiMischief["/api/"] = {.status = 200, .extra = QByteArray(5 << 20, ' ')};
    HubClient client;
    const QString sentence = failure(client, [&] { client.search(access(), u"x"_s); });
    QVERIFY2(sentence.contains(u"too long"), qPrintable(sentence));
}

void TestHubClient::tablesAreSound() {
    HubModelsTable models;
    HubItemsTable items;
    const QAbstractItemModelTester modelsTester(&models, QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QAbstractItemModelTester itemsTester(&items, QAbstractItemModelTester::FailureReportingMode::Fatal);
    models.setModels({{.repo = u"u/m"_s, .downloads = 1'234'567, .updated = {}}, {.repo = u"u/n"_s, .updated = {}}});
    QCOMPARE(models.index(0, HubModelsTable::Downloads).data().toString(), u"1.23 M"_s);
    const MemoryNow memory{0, 8'000'000'000};
    items.setItems(groupFiles({{u"m-Q4_K_M.gguf"_s, 4'900'000'000, {}}, {u"m-Q8_0.gguf"_s, 8'500'000'000, {}}}), memory);
    QCOMPARE(items.recommendedRow(), 0);
    QCOMPARE(items.index(0, HubItemsTable::Format).data(Qt::AccessibleTextRole).toString(), u"Q4_K_M, recommended"_s);
    QCOMPARE(items.index(0, HubItemsTable::Outlook).data().toString(), u"fits in RAM"_s);
    QCOMPARE(items.index(1, HubItemsTable::Outlook).data().toString(), u"needs disk"_s);
    QCOMPARE(items.rowOf({.repo = {}, .revision = {}, .path = {}, .format = u"q8_0"_s}), 1);
    QCOMPARE(items.rowOf({.repo = {}, .revision = {}, .path = u"m-Q4_K_M.gguf"_s, .format = {}}), 0);
    QCOMPARE(items.rowOf({.repo = {}, .revision = {}, .path = {}, .format = u"Q2_K"_s}), -1);
    items.setOutlook(0, {Fit::Refused, ModelOutlook::Source::Header, u"can't be run"_s, u"Why."_s});
    QCOMPARE(items.recommendedRow(), -1);
    items.setItems({}, memory);
    models.setModels({});
}

QTEST_MAIN(TestHubClient)
#include "tst_hub_client.moc"
