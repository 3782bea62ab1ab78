// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/download_job.h"
#include "tests/gui/fake_hub.h"

#include <QDir>
#include <QNetworkAccessManager>
#include <QTemporaryDir>
#include <QTest>
#include <QThreadPool>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

const inline QString kRepo = QStringLiteral("someone/Some-Model-GGUF");
const inline QString kName = QStringLiteral("some-model-Q4_K_M.gguf");

// Not the same anywhere, so that a part in the wrong place shows.
inline QByteArray noise(qsizetype size, quint32 seed = 1) {
    QByteArray bytes(size, Qt::Uninitialized);
    quint32 state = seed;
    for (char& byte : bytes) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

inline QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// What a person chose of the hub's repository, to be fetched into the folder.
inline DownloadRecord recordOf(const HubItem& item, const FakeHub& hub, const QString& folder) {
    const HubRepo repo{.repo = kRepo, .commit = QString(40, u'c'), .isGated = false, .files = {}};
    return makeRecord(hub.url(), repo, item, folder);
}

// A hub with one file, an empty folder, and a job's tools that wait for nothing: what tests of DownloadJob begin with.
class DownloadRig : public QObject {
protected:
    using Milliseconds = std::chrono::milliseconds;

    void prepare() { // before each test
        m_folder = std::make_unique<QTemporaryDir>();
        m_hub = std::make_unique<FakeHub>();
        m_network = std::make_unique<QNetworkAccessManager>();
        m_pool = std::make_unique<QThreadPool>();
        m_waits.clear();
        m_free = 1'000'000'000'000;
        m_bytes = noise(3'000'000);
        RetryRules rules;
        rules.wait = [this](Milliseconds delay, QObject* context, const std::function<void()>& then) {
            m_waits.append(delay);
            QMetaObject::invokeMethod(context, then, Qt::QueuedConnection);
        };
        rules.stall = Milliseconds(60'000); // a busy machine is not a dead connection
        m_tools = std::make_unique<JobTools>(
            JobTools{*m_network, *m_pool, rules, [this](const QString& /*folder*/) { return m_free; }});
        m_hub->add(kRepo, kName, m_bytes);
    }

    void finish() { m_pool->waitForDone(); } // after it

    DownloadRecord record(const QString& path = kName) const {
        const FakeHub::File& file = m_hub->files[kRepo][path];
        const QByteArray sha = file.statedSha.isEmpty() ? FakeHub::sha(file.bytes) : file.statedSha;
        HubItem item;
        item.name = QStringLiteral("some-model");
        item.files = {{path, static_cast<quint64>(file.bytes.size()), file.isStated ? sha : QByteArray()}};
        return recordOf(item, *m_hub, m_folder->path());
    }

    DownloadRecord shards(int count) const {
        HubItem item;
        item.name = QStringLiteral("big");
        for (int i = 1; i <= count; ++i) {
            const QString path =
                QStringLiteral("Q8_0/big-%1-of-%2.gguf").arg(i, 5, 10, QChar(u'0')).arg(count, 5, 10, QChar(u'0'));
            const QByteArray bytes = noise(400'000 + i, static_cast<quint32>(i + 1));
            m_hub->add(kRepo, path, bytes);
            item.files.append({path, static_cast<quint64>(bytes.size()), FakeHub::sha(bytes)});
        }
        return recordOf(item, *m_hub, m_folder->path());
    }

    JobEnd run(const DownloadRecord& record, DownloadJob::Task task = DownloadJob::Task::Download,
        const QByteArray& token = {}) {
        DownloadJob job(record, {m_hub->url(), token}, task, *m_tools);
        std::optional<JobEnd> end;
        connect(&job, &DownloadJob::ended, this, [&end](const JobEnd& how) {
            QVERIFY(!end); // once
            end = how;
        });
        job.start();
        [&] { QVERIFY(QTest::qWaitFor([&end] { return end.has_value(); }, 60'000)); }();
        return end.value_or(JobEnd());
    }

    // Stops it as soon as it is so far.
    JobEnd runUntil(const DownloadRecord& record, const std::function<bool(const JobProgress&)>& isEnough) {
        DownloadJob job(record, {m_hub->url(), {}}, DownloadJob::Task::Download, *m_tools);
        std::optional<JobEnd> end;
        bool isFar = false;
        connect(&job, &DownloadJob::ended, this, [&end](const JobEnd& how) { end = how; });
        connect(&job, &DownloadJob::progressed, this,
            [&](const JobProgress& progress) { isFar |= isEnough(progress); });
        job.start();
        [&] { QTRY_VERIFY_WITH_TIMEOUT(isFar || end.has_value(), 60'000); }();
        job.stop();
        return end.value_or(JobEnd());
    }

    QString path(const QString& name) const { return m_folder->filePath(name); }
    QStringList names() const { return QDir(m_folder->path()).entryList(QDir::Files, QDir::Name); }

    void checkHere(const QByteArray& bytes) const {
        QCOMPARE(names(), QStringList({kName, kName + QStringLiteral(".origin.json")}));
        QVERIFY(contents(path(kName)) == bytes);
    }
    void checkNotHere() const { QVERIFY(!names().contains(kName)); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<FakeHub> m_hub;
    std::unique_ptr<QNetworkAccessManager> m_network;
    std::unique_ptr<QThreadPool> m_pool;
    std::unique_ptr<JobTools> m_tools;
    QList<Milliseconds> m_waits;
    qint64 m_free = 1'000'000'000'000;
    QByteArray m_bytes;
};
