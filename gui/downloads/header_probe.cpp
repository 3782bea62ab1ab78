// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/header_probe.h"

#include "core/base/error.h"
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
constexpr quint64 kMostBytesOfATensor = 1 << 20;
constexpr qsizetype kMostTensors = 8; // each is a request; models have up to three
constexpr std::chrono::milliseconds kStall{20'000};

bool writeAt(const QString& path, quint64 from, const QByteArray& bytes, quint64 size) {
    QFile file(path);
    return file.open(QIODevice::ReadWrite) && file.seek(static_cast<qint64>(from)) &&
           file.write(bytes) == bytes.size() && file.flush() &&
           file.resize(static_cast<qint64>(size)); // a hole takes no room
}

} // namespace

HeaderProbe::HeaderProbe(QNetworkAccessManager& network, OutlookNow outlookNow, QObject* parent)
    : QObject(parent), m_network(network), m_outlookNow(std::move(outlookNow)) {
    connect(&m_storing, &QFutureWatcherBase::finished, this, &HeaderProbe::takeStored);
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
    m_storing.cancel();
    m_reading.cancel();
    m_bytes.clear();
}

void HeaderProbe::probe(const HubAccess& access, const HubRepo& repo, const HubItem& item) {
    cancel();
    m_reading.waitForFinished();
    m_access = access;
    m_repo = repo;
    m_item = item;
    m_folder = std::make_shared<QTemporaryDir>();
    m_wanted = m_firstBytes;
    m_hasMissing = false;
    if (!m_folder->isValid()) {
        fail(tr("There is no room for temporary files."));
        return;
    }
    askForHeaders();
}

QString HeaderProbe::pathOf(const HubFile& file) const {
    return m_folder->filePath(file.name());
}

quint64 HeaderProbe::wantedOf(qsizetype index) const {
    const quint64 wanted = index == 0 ? m_wanted : std::max(m_wanted / 8, kLaterShardBytes);
    return std::min(wanted, m_item.files[index].size);
}

void HeaderProbe::askForHeaders() {
    m_pieces.clear();
    for (qsizetype i = 0; i < m_item.files.size(); ++i) {
        m_pieces.append({i, 0, wantedOf(i)});
    }
    nextPiece();
}

void HeaderProbe::nextPiece() {
    if (m_pieces.isEmpty()) {
        parse();
        return;
    }
    const Piece piece = m_pieces.first();
    m_bytes.clear();
    m_get = std::make_unique<HubGet>(m_network, m_access,
        HubQuery{.url = hubFileUrl(m_access.base, m_repo.repo, m_repo.commit, m_item.files[piece.index].path),
            .from = piece.from,
            .last = piece.from + piece.bytes - 1,
            .ifSame = {},
            .stall = kStall},
        nullptr);
    connect(m_get.get(), &HubGet::opened, this, [this, piece](const HubHead& head) {
        if (head.from != piece.from) {
            fail(tr("The server sends no parts of files, so the header was not read."));
        }
    });
    connect(m_get.get(), &HubGet::bytesCame, this, [this, piece] {
        m_bytes += m_get->take(static_cast<qint64>(piece.bytes) - m_bytes.size());
        if (static_cast<quint64>(m_bytes.size()) == piece.bytes) {
            takeEnd({}); // a server without ranges would go on with the weights
        }
    });
    connect(m_get.get(), &HubGet::ended, this, &HeaderProbe::takeEnd);
}

void HeaderProbe::takeEnd(const std::optional<HubFault>& fault) {
    m_get->disconnect(this);
    m_get.release()->deleteLater();
    const Piece piece = m_pieces.takeFirst();
    const QByteArray bytes = std::exchange(m_bytes, {});
    if (fault) {
        fail(fault->sentence);
    } else if (static_cast<quint64>(bytes.size()) != piece.bytes) {
        fail(tr("The server stopped before the header had come."));
    } else {
        store(piece, bytes);
    }
}

void HeaderProbe::store(const Piece& piece, const QByteArray& bytes) {
    const HubFile& item = m_item.files[piece.index];
    auto promise = std::make_shared<QPromise<bool>>();
    m_storing.setFuture(promise->future());
    QThreadPool::globalInstance()->start(
        [promise, folder = m_folder, path = pathOf(item), from = piece.from, bytes, size = item.size] {
            promise->start();
            promise->addResult(writeAt(path, from, bytes, size));
            promise->finish();
        });
}

void HeaderProbe::takeStored() {
    if (m_storing.isCanceled() || m_storing.future().resultCount() == 0) {
        return;
    }
    if (m_storing.result()) {
        nextPiece();
    } else {
        fail(tr("There is no room for temporary files."));
    }
}

// Some architectures are told by small tensors too, which lie among the weights.
HeaderProbe::Reading HeaderProbe::read(
    const QString& path, const QList<quint64>& bytesThere, const OutlookOfHeader& outlookOf) {
    Reading reading;
    try {
        const strata::GgufFile file(path.toStdString());
        quint64 firstWeight = 0; // where the header of the first file ends at the latest
        for (const strata::GgufTensor& tensor : file.tensors()) {
            if (tensor.part == 0 && (firstWeight == 0 || tensor.offset < firstWeight)) {
                firstWeight = tensor.offset;
            }
            const quint64 there = bytesThere.value(tensor.part);
            const bool isTold = tensor.name.starts_with("rope_") && tensor.byteCount <= kMostBytesOfATensor;
            if (isTold && tensor.offset + tensor.byteCount > there) {
                reading.missing.append({tensor.part, tensor.offset, tensor.byteCount});
            }
        }
        reading.isWhole = firstWeight <= bytesThere.first(); // or the end of the table was read from the hole
        if (reading.missing.size() > kMostTensors) {
            reading.missing.clear(); // no model asks for so many: the outlook says what the hole lets it say
        }
    } catch (const strata::Error& error) {
        reading.isWhole = error.code() == strata::ErrorCode::Unsupported; // more bytes would not change that
    } catch (const std::exception&) {
        reading.isWhole = false; // or all of it is there, and wrong: then the outlook says how
    }
    reading.outlook = outlookOf(path);
    return reading;
}

void HeaderProbe::parse() {
    QList<quint64> there;
    for (qsizetype i = 0; i < m_item.files.size(); ++i) {
        there.append(m_hasMissing ? m_item.files[i].size : wantedOf(i));
    }
    auto promise = std::make_shared<QPromise<Reading>>();
    m_reading.setFuture(promise->future());
    QThreadPool::globalInstance()->start(
        [promise, path = pathOf(m_item.files.first()), there, outlookOf = m_outlookNow()] {
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
        m_wanted = std::min(m_wanted * 4, kMostBytes);
        askForHeaders();
        return;
    }
    if (!reading.missing.isEmpty()) {
        m_hasMissing = true;
        m_pieces = reading.missing;
        nextPiece();
        return;
    }
    m_folder.reset();
    emit done(reading.outlook);
}

void HeaderProbe::fail(const QString& sentence) {
    cancel();
    emit failed(sentence);
}
