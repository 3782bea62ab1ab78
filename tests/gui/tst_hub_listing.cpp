// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_address.h"
#include "gui/downloads/hub_listing.h"
#include "gui/downloads/model_outlook.h"
#include "gui/downloads/retry_rules.h"
#include "gui/downloads/transfer_rate.h"

#include <QTest>

using namespace Qt::StringLiterals;
using Fit = ModelOutlook::Fit;

namespace {

const QUrl kHub(u"https://huggingface.co"_s);
const quint64 kGb = 1'000'000'000;

HubFile file(const QString& path, quint64 size) {
    return {path, size, QByteArray(64, 'a')};
}

// As an 8B model has them.
QList<HubItem> usualItems() {
    return groupFiles({file(u"m-Q2_K.gguf"_s, 3 * kGb), file(u"m-Q4_K_S.gguf"_s, 47 * kGb / 10),
        file(u"m-Q4_K_M.gguf"_s, 49 * kGb / 10), file(u"m-Q6_K.gguf"_s, 66 * kGb / 10),
        file(u"m-Q8_0.gguf"_s, 85 * kGb / 10), file(u"m-BF16.gguf"_s, 16 * kGb)});
}

QList<ModelOutlook> outlooksOf(const QList<HubItem>& items, const MemoryNow& memory) {
    QList<ModelOutlook> outlooks;
    for (const HubItem& item : items) {
        outlooks.append(outlookOfSize(item.bytes(), memory));
    }
    return outlooks;
}

} // namespace

class TestHubListing : public QObject {
    Q_OBJECT

private slots:
    void readsWhatAPersonWrites_data();
    void readsWhatAPersonWrites();
    void wordsAreNoReference_data();
    void wordsAreNoReference();
    void addressesAreEncoded();
    void mirrorInAFolderKeepsItsFolder();
    void hubAddressIsCleaned_data();
    void hubAddressIsCleaned();
    void ownOriginIsSchemeHostAndPort();
    void tokenIsToldEncryptedOrHere();
    void readsASearch();
    void readsARepository();
    void oddListingsAreNotBelieved_data();
    void oddListingsAreNotBelieved();
    void oddFilesAreLeftOut();
    void formatStandsInTheName_data();
    void formatStandsInTheName();
    void shardsAreOneItem();
    void missingShardsAreSaid();
    void projectorsAreLeftOut();
    void smallestComesFirst();
    void recommendsForTheMachine_data();
    void recommendsForTheMachine();
    void recommendsNothingThatIsRefused();
    void waitsGrowAndEnd();
    void rateIsOfTheLastSeconds();
};

void TestHubListing::readsWhatAPersonWrites_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("repo");
    QTest::addColumn<QString>("revision");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("format");
    const QString none;
    QTest::newRow("user/model") << u"user/Model-8B.v2"_s << u"user/Model-8B.v2"_s << none << none << none;
    QTest::newRow("with format") << u" user/Model:Q4_K_M "_s << u"user/Model"_s << none << none << u"Q4_K_M"_s;
    QTest::newRow("page") << u"https://huggingface.co/user/Model"_s << u"user/Model"_s << none << none << none;
    QTest::newRow("page, no scheme") << u"huggingface.co/user/Model/"_s << u"user/Model"_s << none << none << none;
    QTest::newRow("short host") << u"hf.co/user/Model:Q8_0"_s << u"user/Model"_s << none << none << u"Q8_0"_s;
    QTest::newRow("tree") << u"https://huggingface.co/user/Model/tree/main"_s << u"user/Model"_s << u"main"_s << none
                          << none;
    QTest::newRow("file") << u"https://huggingface.co/user/Model/blob/main/sub/a%20b.gguf"_s << u"user/Model"_s
                          << u"main"_s << u"sub/a b.gguf"_s << none;
    QTest::newRow("file to download") << u"https://huggingface.co/user/Model/resolve/main/a.gguf?download=true"_s
                                      << u"user/Model"_s << u"main"_s << u"a.gguf"_s << none;
}

void TestHubListing::readsWhatAPersonWrites() {
    QFETCH(QString, text);
    const auto reference = parseHubReference(text, kHub);
    QVERIFY(reference.has_value());
    QTEST(reference->repo, "repo");
    QTEST(reference->revision, "revision");
    QTEST(reference->path, "path");
    QTEST(reference->format, "format");
}

void TestHubListing::wordsAreNoReference_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"llama 8b", "llama", "", "https://example.com/user/model", "https://huggingface.co/models",
             "a/b/c", "../../etc", "user/..", "user/a b", "https://huggingface.co/../x"}) {
        QTest::newRow(text) << QString::fromLatin1(text);
    }
}

void TestHubListing::wordsAreNoReference() {
    QFETCH(QString, text);
    QVERIFY(!parseHubReference(text, kHub).has_value());
}

void TestHubListing::addressesAreEncoded() {
    QCOMPARE(hubSearchUrl(kHub, u"a b&c=d"_s, 5).toEncoded(),
        QByteArray("https://huggingface.co/api/models?search=a%20b%26c%3Dd&filter=gguf&sort=downloads&direction=-1&limit=5"));
    QCOMPARE(hubRepoUrl(kHub, u"u/m"_s, {}).toEncoded(), QByteArray("https://huggingface.co/api/models/u/m?blobs=true"));
    QCOMPARE(hubRepoUrl(kHub, u"u/m"_s, u"refs/pr/1"_s).toEncoded(),
        QByteArray("https://huggingface.co/api/models/u/m/revision/refs/pr/1?blobs=true"));
    QCOMPARE(hubFileUrl(kHub, u"u/m"_s, u"abc"_s, u"sub/a b#1?.gguf"_s).toEncoded(),
        QByteArray("https://huggingface.co/u/m/resolve/abc/sub/a%20b%231%3F.gguf"));
}

void TestHubListing::mirrorInAFolderKeepsItsFolder() {
    const QUrl mirror(u"http://mirror.example:8080/hf/"_s);
    QCOMPARE(hubFileUrl(mirror, u"u/m"_s, u"abc"_s, u"a.gguf"_s).toEncoded(),
        QByteArray("http://mirror.example:8080/hf/u/m/resolve/abc/a.gguf"));
}

void TestHubListing::hubAddressIsCleaned_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("clean");
    QTest::newRow("usual") << u"https://huggingface.co"_s << u"https://huggingface.co"_s;
    QTest::newRow("no scheme") << u" hf-mirror.com/ "_s << u"https://hf-mirror.com"_s;
    QTest::newRow("password") << u"https://me:secret@host/x?y#z"_s << u"https://host/x"_s;
    QTest::newRow("another scheme") << u"ftp://host"_s << QString();
    QTest::newRow("no host") << u"https:///x"_s << QString();
    QTest::newRow("words") << u"my hub"_s << QString();
}

void TestHubListing::hubAddressIsCleaned() {
    QFETCH(QString, text);
    QFETCH(QString, clean);
    const auto url = cleanHubBase(text);
    QCOMPARE(url ? url->toString() : QString(), clean);
}

void TestHubListing::ownOriginIsSchemeHostAndPort() {
    const HubAccess access{kHub, "token"};
    QVERIFY(access.isOwn(QUrl(u"https://huggingface.co:443/x"_s)));
    for (const char* other : {"http://huggingface.co/x", "https://huggingface.co:444/x", "https://cdn.huggingface.co/x",
             "https://huggingface.co.example.com/x"}) {
        QVERIFY2(!access.isOwn(QUrl(QString::fromLatin1(other))), other);
    }
}

void TestHubListing::tokenIsToldEncryptedOrHere() {
    for (const char* base : {"https://huggingface.co", "http://127.0.0.1:80", "http://localhost:8080", "http://[::1]:1"}) {
        const HubAccess access{QUrl(QString::fromLatin1(base)), "token"};
        QVERIFY2(access.mayTellToken(access.base), base);
    }
    for (const char* base : {"http://mirror.example", "http://192.168.1.2", "http://127.0.0.1.example.com"}) {
        const HubAccess access{QUrl(QString::fromLatin1(base)), "token"};
        QVERIFY2(!access.mayTellToken(access.base), base);
    }
    QVERIFY(!HubAccess({kHub, "token"}).mayTellToken(QUrl(u"https://cdn.huggingface.co/x"_s)));
}

void TestHubListing::readsASearch() {
    const auto models = parseSearch(R"([{"id":"u/m","downloads":5,"lastModified":"2026-01-02T03:04:05.000Z","gated":"auto"},
        {"modelId":"u/n"},{"id":"../evil"},{"id":17},3])");
    QVERIFY(models.has_value());
    QCOMPARE(models->size(), 2);
    QCOMPARE(models->at(0).repo, u"u/m"_s);
    QCOMPARE(models->at(0).downloads, 5);
    QCOMPARE(models->at(0).updated.date(), QDate(2026, 1, 2));
    QVERIFY(models->at(0).isGated);
    QVERIFY(!models->at(1).isGated);
    QVERIFY(!parseSearch("{\"error\":\"x\"}").has_value());
    QVERIFY(!parseSearch("<html>").has_value());
}

void TestHubListing::readsARepository() {
    const QByteArray sha(64, 'b');
    const auto repo = parseRepo(R"({"id":"u/m","sha":"0123456789abcdef","gated":false,"siblings":[{"rfilename":"README.md",
        "size":3},{"rfilename":"sub/m-Q8_0.gguf","size":42,"lfs":{"sha256":")" +
                                sha + R"(","size":42}},{"rfilename":"old.gguf","size":7,"lfs":{"oid":"short"}}]})");
    QVERIFY(repo.has_value());
    QCOMPARE(repo->commit, u"0123456789abcdef"_s);
    QCOMPARE(repo->files.size(), 2);
    QCOMPARE(repo->files[0].path, u"sub/m-Q8_0.gguf"_s);
    QCOMPARE(repo->files[0].name(), u"m-Q8_0.gguf"_s);
    QCOMPARE(repo->files[0].size, 42);
    QCOMPARE(repo->files[0].sha256, sha);
    QVERIFY(repo->files[1].sha256.isEmpty());
}

void TestHubListing::oddListingsAreNotBelieved_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("a page") << QByteArray("<html>log in</html>");
    QTest::newRow("an error") << QByteArray(R"({"error":"not found"})");
    QTest::newRow("no commit") << QByteArray(R"({"id":"u/m","siblings":[]})");
    QTest::newRow("a commit that is none") << QByteArray(R"({"id":"u/m","sha":"../..","siblings":[]})");
    QTest::newRow("no files") << QByteArray(R"({"id":"u/m","sha":"0123456789"})");
}

void TestHubListing::oddListingsAreNotBelieved() {
    QFETCH(QByteArray, json);
    QVERIFY(!parseRepo(json).has_value());
}

// Names become names of files in the person's folder.
void TestHubListing::oddFilesAreLeftOut() {
    const auto repo = parseRepo(R"({"id":"u/m","sha":"0123456789","siblings":[
        {"rfilename":"../../.gguf","size":1},{"rfilename":"a\\b.gguf","size":1},{"rfilename":"a\nb.gguf","size":1},
        {"rfilename":"empty.gguf","size":0},{"rfilename":"minus.gguf","size":-5},{"rfilename":"huge.gguf","size":1e300},
        {"rfilename":"unsized.gguf"},{"rfilename":"x.txt","size":1},{"rfilename":"../up.gguf","size":1}]})");
    QVERIFY(repo.has_value());
    QCOMPARE(repo->files.size(), 1);
    QCOMPARE(repo->files[0].name(), u"up.gguf"_s); // without its folder
}

void TestHubListing::formatStandsInTheName_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("format");
    QTest::addColumn<double>("bits");
    QTest::newRow("usual") << u"Llama-3.1-8B-Instruct-Q4_K_M.gguf"_s << u"Q4_K_M"_s << 4.0;
    QTest::newRow("dots, lower case") << u"model.q5_0.gguf"_s << u"Q5_0"_s << 5.0;
    QTest::newRow("shard") << u"big-Q8_0-00001-of-00003.gguf"_s << u"Q8_0"_s << 8.0;
    QTest::newRow("i") << u"m.i1-IQ2_XXS.gguf"_s << u"IQ2_XXS"_s << 2.0;
    QTest::newRow("dynamic") << u"m-UD-Q4_K_XL.gguf"_s << u"UD-Q4_K_XL"_s << 4.0;
    QTest::newRow("half") << u"m-BF16.gguf"_s << u"BF16"_s << 16.0;
    QTest::newRow("mx") << u"gpt-oss-20b-MXFP4.gguf"_s << u"MXFP4"_s << 4.0;
    QTest::newRow("none") << u"model.gguf"_s << QString() << 0.0;
    QTest::newRow("a name that looks like one") << u"Q1-chat-Q6_K.gguf"_s << u"Q6_K"_s << 6.0;
}

void TestHubListing::formatStandsInTheName() {
    QFETCH(QString, name);
    QTEST(formatInName(name), "format");
    QTEST(bitsOfFormat(formatInName(name)), "bits");
}

void TestHubListing::shardsAreOneItem() {
    const QList<HubItem> items = groupFiles({file(u"Q8_0/big-Q8_0-00002-of-00002.gguf"_s, 5),
        file(u"Q8_0/big-Q8_0-00001-of-00002.gguf"_s, 10), file(u"big-Q4_0.gguf"_s, 3)});
    QCOMPARE(items.size(), 2);
    QCOMPARE(items[1].files.size(), 2);
    QCOMPARE(items[1].files[0].name(), u"big-Q8_0-00001-of-00002.gguf"_s);
    QCOMPARE(items[1].bytes(), 15);
    QCOMPARE(items[1].format, u"Q8_0"_s);
    QCOMPARE(items[1].name, u"big-Q8_0"_s);
    QVERIFY(items[1].problem.isEmpty());
}

void TestHubListing::missingShardsAreSaid() {
    const QList<HubItem> items = groupFiles({file(u"big-00001-of-00003.gguf"_s, 5), file(u"big-00003-of-00003.gguf"_s, 5)});
    QCOMPARE(items.size(), 1);
    QVERIFY2(items[0].problem.contains(u"2 of the 3"), qPrintable(items[0].problem));
}

void TestHubListing::projectorsAreLeftOut() {
    QVERIFY(groupFiles({file(u"mmproj-model-f16.gguf"_s, 5), file(u"m.imatrix.gguf"_s, 5)}).isEmpty());
}

void TestHubListing::smallestComesFirst() {
    const QList<HubItem> items = usualItems();
    QCOMPARE(items.size(), 6);
    QCOMPARE(items.first().format, u"Q2_K"_s);
    QCOMPARE(items.last().format, u"BF16"_s);
}

void TestHubListing::recommendsForTheMachine_data() {
    QTest::addColumn<quint64>("vram");
    QTest::addColumn<quint64>("ram");
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("reason");
    QTest::newRow("a large card") << 24 * kGb << 64 * kGb << u"Q8_0"_s << u"graphics memory"_s;
    QTest::newRow("a card of 8 GB") << 8 * kGb << 32 * kGb << u"Q6_K"_s << u"graphics memory"_s;
    QTest::newRow("a small card") << 4 * kGb << 32 * kGb << u"Q4_K_M"_s << u"RAM"_s;
    QTest::newRow("no card") << quint64(0) << 32 * kGb << u"Q4_K_M"_s << u"fits in RAM"_s;
    QTest::newRow("little memory") << quint64(0) << 2 * kGb << u"Q4_K_M"_s << u"disk"_s;
}

void TestHubListing::recommendsForTheMachine() {
    QFETCH(quint64, vram);
    QFETCH(quint64, ram);
    QFETCH(QString, reason);
    const MemoryNow memory{vram, ram};
    const QList<HubItem> items = usualItems();
    const auto best = recommend(items, outlooksOf(items, memory), memory);
    QVERIFY(best.has_value());
    QTEST(items[best->row].format, "format");
    QVERIFY2(best->reason.contains(reason), qPrintable(best->reason));
}

void TestHubListing::recommendsNothingThatIsRefused() {
    const QList<HubItem> items = usualItems();
    const MemoryNow memory{0, 64 * kGb};
    QList<ModelOutlook> outlooks = outlooksOf(items, memory);
    for (ModelOutlook& outlook : outlooks) {
        outlook.fit = Fit::Refused;
    }
    QVERIFY(!recommend(items, outlooks, memory).has_value());
    QVERIFY(!recommend({}, {}, memory).has_value());
}

void TestHubListing::waitsGrowAndEnd() {
    using std::chrono::milliseconds;
    const RetryRules rules;
    QCOMPARE(rules.delayAfter(1, {}), std::optional(milliseconds(1000)));
    QCOMPARE(rules.delayAfter(3, {}), std::optional(milliseconds(4000)));
    QCOMPARE(rules.delayAfter(8, {}), std::optional(milliseconds(60000)));
    QVERIFY(!rules.delayAfter(9, {}).has_value());
    QCOMPARE(rules.delayAfter(1, milliseconds(90'000)), std::optional(milliseconds(90'000)));
    QCOMPARE(rules.delayAfter(3, milliseconds(1)), std::optional(milliseconds(4000)));
    QVERIFY(!rules.delayAfter(1, milliseconds(4'000'000)).has_value());
}

void TestHubListing::rateIsOfTheLastSeconds() {
    TransferRate rate;
    QCOMPARE(rate.bytesPerSecond(), 0.0);
    rate.add(0, 1000);
    rate.add(100, 2000);
    QCOMPARE(rate.bytesPerSecond(), 0.0); // too soon to say
    for (int i = 1; i <= 100; ++i) {
        rate.add(i * 100, 1000 + static_cast<quint64>(i) * 100'000);
    }
    QVERIFY(qAbs(rate.bytesPerSecond() - 1e6) < 1e4);
    for (int i = 101; i <= 200; ++i) { // twice as fast
        rate.add(i * 100, 10'001'000 + static_cast<quint64>(i - 100) * 200'000);
    }
    QVERIFY(qAbs(rate.bytesPerSecond() - 2e6) < 2e4);
    rate.add(26'000, 30'001'000); // a pause
    QVERIFY(rate.bytesPerSecond() < 1);
}

QTEST_APPLESS_MAIN(TestHubListing)
#include "tst_hub_listing.moc"
