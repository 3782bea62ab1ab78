// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/header_probe.h"

#include "core/gguf/gguf_file.h"

#include <QFile>
#include <QPromise>
#include <QThreadPool>

#include <algorithm>
#include <exception>
#include <utility>

using namespace Qt::StringLiterals;

namespace {

constexpr quint64 kMostBytes = 64 << 20;      // of a header
constexpr quint64 kLaterShardBytes = 1 << 20; // only the first shard has the vocabulary
constexpr std::chrono::milliseconds kStall{20'000};

} // namespace

HeaderProbe::HeaderProbe(QNetworkAccessManager& network, OutlookOfHeader outlookOf, QObject* parent)
    : QObject(parent), m_network(network), m_outlookOf(std::move(outlookOf)) {
    connect(&m_reading, &QFutureWatcherBase::finished, this, &HeaderProbe::takeReading);
}

HeaderProbe::~HeaderProbe() {
    cancel();
    m_reading.waitForFinished(); // milliseconds; it reads in m_folder
}

void HeaderProbe::cancel() {
    if (m_get != nullptr) {
        m_get->disconnect(this);
        m_get.release()->deleteLater(); // this may be its signal
    }
    m_reading.cancel();
    m_bytes.clear();
}

void HeaderProbe::probe(const HubAccess& access, const HubRepo& repo, const HubItem& item) {
    cancel();
    m_reading.waitForFinished();
    m_access = access;
    m_repo = repo;
    m_item = item;
    m_folder = std::make_unique<QTemporaryDir>();
    m_index = 0;
    m_wanted = m_firstBytes;
    if (!m_folder->isValid()) {
        fail(tr("There is no room for temporary files."));
        return;
    }
    nextFile();
}

QString HeaderProbe::pathOf(const HubFile& file) const {
    return m_folder->filePath(file.name());
}

quint64 HeaderProbe::wantedOf(const HubFile& file) const {
    const quint64 wanted = m_index == 0 ? m_wanted : std::max(m_wanted / 8, kLaterShardBytes);
    return std::min(wanted, file.size);
}

void HeaderProbe::nextFile() {
    if (m_index == m_item.files.size()) {
        parse();
        return;
    }
    const HubFile& file = m_item.files[m_index];
    m_bytes.clear();
    m_get = std::make_unique<HubGet>(m_network, m_access,
        HubQuery{.url = hubFileUrl(m_access.base, m_repo.repo, m_repo.commit, file.path),
            .last = wantedOf(file) - 1,
            .ifSame = {},
            .stall = kStall},
        nullptr);
    connect(m_get.get(), &HubGet::bytesCame, this, [this] {
        const quint64 wanted = wantedOf(m_item.files[m_index]);
        m_bytes += m_get->take(static_cast<qint64>(wanted) - m_bytes.size());
        if (static_cast<quint64>(m_bytes.size()) == wanted) {
            takeEnd({}); // a server without ranges would go on with the weights
        }
    });
    connect(m_get.get(), &HubGet::ended, this, &HeaderProbe::takeEnd);
}

void HeaderProbe::takeEnd(const std::optional<HubFault>& fault) {
    m_get->disconnect(this);
    m_get.release()->deleteLater();
    if (fault) {
        fail(fault->sentence);
    } else if (static_cast<quint64>(m_bytes.size()) != wantedOf(m_item.files[m_index])) {
        fail(tr("The server stopped before the header had come."));
    } else if (!store(std::exchange(m_bytes, {}))) {
        fail(tr("There is no room for temporary files."));
    } else {
        ++m_index;
        nextFile();
    }
}

bool HeaderProbe::store(const QByteArray& bytes) {
    const HubFile& item = m_item.files[m_index];
    QFile file(pathOf(item));
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.flush() &&
           file.resize(static_cast<qint64>(item.size)); // a hole takes no room
}

HeaderProbe::Reading HeaderProbe::read(const QString& path, quint64 bytesThere, const OutlookOfHeader& outlookOf) {
    try {
        const strata::GgufFile file(path.toStdString());
        quint64 firstWeight = ~0ULL; // of the first part: where its header ends at the latest
        for (const strata::GgufTensor& tensor : file.tensors()) {
            firstWeight = tensor.part == 0 ? std::min<quint64>(firstWeight, tensor.offset) : firstWeight;
        }
        if (firstWeight != ~0ULL && firstWeight > bytesThere) {
            return {};
        }
    } catch (const std::exception&) {
        return {false, outlookOf(path)}; // perhaps all of it is there, and wrong: then this says how
    }
    return {true, outlookOf(path)};
}

void HeaderProbe::parse() {
    auto promise = std::make_shared<QPromise<Reading>>();
    m_reading.setFuture(promise->future());
    QThreadPool::globalInstance()->start(
        [promise, path = pathOf(m_item.files.first()), there = std::min(m_wanted, m_item.files.first().size),
            outlookOf = m_outlookOf] {
            promise->start();
            promise->addResult(read(path, there, outlookOf));
            promise->finish();
        });
}

void HeaderProbe::takeReading() {
    if (m_reading.isCanceled() || m_reading.future().resultCount() == 0) {
        return;
    }
    const Reading reading = m_reading.result();
    const bool isAllThere = m_wanted >= std::min(kMostBytes, m_item.files.first().size);
    if (!reading.isWhole && !isAllThere) {
        m_wanted *= 4;
        m_index = 0;
        nextFile();
        return;
    }
    m_folder.reset();
    emit done(reading.outlook);
}

void HeaderProbe::fail(const QString& sentence) {
    cancel();
    emit failed(sentence);
}
