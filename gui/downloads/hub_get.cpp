// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_get.h"

#include "gui/format.h"

#include <QDateTime>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QRegularExpression>
#include <QSslError>

#include <algorithm>

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {

constexpr int kMostRedirects = 8;
constexpr qint64 kReadBuffer = 4 << 20; // what may wait here while the drive is slow

QByteArray unquoted(QByteArray etag) {
    if (etag.size() >= 2 && etag.startsWith('"') && etag.endsWith('"')) {
        etag = etag.mid(1, etag.size() - 2);
    }
    return etag;
}

bool isChecksum(const QByteArray& text) {
    return text.size() == 64 &&
           std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Seconds, or a date.
std::optional<milliseconds> parseRetryAfter(const QByteArray& value) {
    bool isNumber = false;
    const qint64 seconds = value.trimmed().toLongLong(&isNumber);
    if (isNumber) {
        return seconds < 0 || seconds > 10'000'000 ? std::nullopt : std::optional(milliseconds(seconds * 1000));
    }
    const QDateTime date = QDateTime::fromString(QString::fromLatin1(value.trimmed()), Qt::RFC2822Date);
    if (!date.isValid()) {
        return std::nullopt;
    }
    return milliseconds(std::max<qint64>(0, QDateTime::currentDateTimeUtc().msecsTo(date)));
}

} // namespace

HubGet::HubGet(QNetworkAccessManager& network, const HubAccess& access, const HubQuery& query, QObject* parent)
    : QObject(parent), m_network(network), m_access(access), m_query(query) {
    send(query.url);
}

HubGet::~HubGet() {
    if (m_reply != nullptr) {
        m_reply->disconnect(this);
        if (m_reply->isRunning()) {
            m_reply->abort();
        }
        m_reply->deleteLater();
    }
}

void HubGet::send(const QUrl& url) {
    QNetworkRequest request(url);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    // A full read buffer holds the server back over HTTP/1.1; over HTTP/2 it would all be kept in memory.
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setTransferTimeout(static_cast<int>(m_query.stall.count()));
    request.setRawHeader("User-Agent", "strata");
    request.setRawHeader("Accept-Encoding", "identity"); // bytes as they are on file, or ranges would mean nothing
    if (m_query.from > 0 || m_query.last) {
        const QByteArray last = m_query.last ? QByteArray::number(*m_query.last) : QByteArray();
        request.setRawHeader("Range", "bytes=" + QByteArray::number(m_query.from) + '-' + last);
        if (!m_query.ifSame.isEmpty()) {
            request.setRawHeader("If-Range", m_query.ifSame);
        }
    }
    if (!m_access.token.isEmpty() && m_access.mayTellToken(url)) {
        request.setRawHeader("Authorization", "Bearer " + m_access.token);
    }
    m_untrusted.clear();
    m_reply = m_network.get(request);
    m_reply->setReadBufferSize(kReadBuffer);
    connect(m_reply, &QNetworkReply::sslErrors, this, [this](const QList<QSslError>& errors) {
        m_untrusted = errors.isEmpty() ? QString() : errors.first().errorString(); // and never ignored
    });
    connect(m_reply, &QNetworkReply::metaDataChanged, this, &HubGet::readHead);
    connect(m_reply, &QNetworkReply::readyRead, this, [this] {
        readHead();
        if (m_isOpen) {
            emit bytesCame();
        }
    });
    connect(m_reply, &QNetworkReply::finished, this, &HubGet::readEnd);
}

QByteArray HubGet::take(qint64 mostBytes) {
    return waitingBytes() == 0 ? QByteArray() : m_reply->read(mostBytes);
}

qint64 HubGet::waitingBytes() const {
    return m_isOpen && m_reply != nullptr ? m_reply->bytesAvailable() : 0; // what comes with a refusal is not the file
}

void HubGet::readHead() {
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    const bool isPart = m_query.from > 0 || m_query.last;
    if (m_isOpen || m_hasEnded || !(status == 200 || status == 206 || (status == 416 && isPart))) {
        return;
    }
    m_isOpen = true;
    const QPointer<HubGet> self(this);
    emit opened(head()); // whoever hears it may delete this
    if (self != nullptr && status == 416) {
        end({});
    }
}

HubHead HubGet::head() const {
    HubHead head;
    head.status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    static const QRegularExpression range(u"^bytes (?:(\\d+)-\\d+|\\*)/(\\d+|\\*)$"_s);
    const QRegularExpressionMatch match =
        range.match(QString::fromLatin1(m_reply->rawHeader("Content-Range").trimmed()));
    bool isNumber = false;
    if (head.status == 200) {
        const quint64 length = m_reply->rawHeader("Content-Length").toULongLong(&isNumber);
        head.from = 0;
        head.total = isNumber ? std::optional(length) : std::nullopt;
    } else if (match.hasMatch()) {
        const quint64 from = match.captured(1).toULongLong(&isNumber);
        head.from = isNumber ? std::optional(from) : std::nullopt;
        const quint64 total = match.captured(2).toULongLong(&isNumber);
        head.total = isNumber ? std::optional(total) : std::nullopt;
    }
    const QByteArray etag = m_reply->rawHeader("ETag").trimmed();
    head.etag = etag.startsWith('"') ? etag : QByteArray();
    head.sha256 = m_stated;
    return head;
}

void HubGet::readEnd() {
    if (m_hasEnded) {
        return;
    }
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    const QByteArray stated = unquoted(m_reply->rawHeader("X-Linked-Etag").trimmed());
    if (m_stated.isEmpty() && m_access.isOwn(m_reply->url()) && isChecksum(stated)) {
        m_stated = stated; // the hub's word; what a mirror of the bytes calls them is something else
    }
    const QByteArray location = m_reply->rawHeader("Location");
    if (status >= 300 && status < 400 && !location.isEmpty()) {
        follow(location);
        return;
    }
    readHead();
    if (m_hasEnded) {
        return;
    }
    if (status >= 300 && status != 416) {
        end(faultOf(status));
    } else if (m_reply->error() != QNetworkReply::NoError && status != 416) {
        end(faultOfNetwork());
    } else if (!m_isOpen) {
        end(HubFault{tr("%1 sent an answer that makes no sense here (%2).").arg(m_reply->url().host()).arg(status), true, {}});
    } else {
        if (waitingBytes() > 0) {
            const QPointer<HubGet> self(this);
            emit bytesCame();
            if (self == nullptr) {
                return;
            }
        }
        end({});
    }
}

void HubGet::follow(const QByteArray& location) {
    const QUrl from = m_reply->url();
    const QUrl to = from.resolved(QUrl::fromEncoded(location));
    m_reply->disconnect(this);
    m_reply->deleteLater();
    if (++m_redirects > kMostRedirects) {
        end(HubFault{tr("%1 sends from one address to the next without end.").arg(from.host()), false, {}});
    } else if (!to.isValid() || to.host().isEmpty() || (to.scheme() != u"https" && to.scheme() != u"http")) {
        end(HubFault{tr("%1 sends to an address that can't be used.").arg(from.host()), false, {}});
    } else if (from.scheme() == u"https" && to.scheme() == u"http") {
        end(HubFault{
            tr("%1 sends to %2, which is not encrypted. That is refused.").arg(from.host(), to.host()), false, {}});
    } else {
        send(to);
    }
}

void HubGet::end(const std::optional<HubFault>& fault) {
    m_hasEnded = true;
    emit ended(fault);
}

HubFault HubGet::faultOf(int status) const {
    const QString host = m_reply->url().host();
    const std::optional<milliseconds> asked = parseRetryAfter(m_reply->rawHeader("Retry-After"));
    const QString later = asked && asked->count() > 0
                              ? tr(" It asks to wait %1.").arg(formatDuration(static_cast<double>(asked->count()) / 1000))
                              : QString();
    switch (status) {
    case 401:
        return {m_access.token.isEmpty()
                    ? tr("%1 wants an access token: the model is private, asks to accept its terms, or is not there.")
                          .arg(host)
                    : tr("%1 does not take this access token.").arg(host),
            false, {}};
    case 403:
        return {m_access.isOwn(m_reply->url())
                    ? tr("%1 refuses: accept the model's terms on its page, with the account of your access token.")
                          .arg(host)
                    : tr("%1 refuses to send the file (403).").arg(host),
            !m_access.isOwn(m_reply->url()), {}}; // an address of limited life may have run out
    case 404:
    case 410:
        return {tr("%1 has no such model or file.").arg(host), false, {}};
    case 429:
        return {tr("%1 is asked too much at the moment.").arg(host) + later, true, asked};
    }
    const bool isPassing = status >= 500 || status == 408;
    return {(isPassing ? tr("%1 has trouble at the moment (%2).").arg(host).arg(status) + later
                       : tr("%1 refuses (%2).").arg(host).arg(status)),
        isPassing, asked};
}

HubFault HubGet::faultOfNetwork() const {
    const QString host = m_reply->url().host();
    if (!m_untrusted.isEmpty() || m_reply->error() == QNetworkReply::SslHandshakeFailedError) {
        const QString why = m_untrusted.isEmpty() ? m_reply->errorString() : m_untrusted;
        return {tr("The connection to %1 is not safe and was not used: %2").arg(host, why), false, {}};
    }
    switch (m_reply->error()) {
    case QNetworkReply::OperationCanceledError:
    case QNetworkReply::TimeoutError:
        return {tr("%1 sent nothing for %2.")
                    .arg(host, formatDuration(static_cast<double>(m_query.stall.count()) / 1000)),
            true, {}};
    case QNetworkReply::HostNotFoundError:
        return {tr("%1 can't be found: is there a connection to the internet?").arg(host), true, {}};
    case QNetworkReply::ConnectionRefusedError:
        return {tr("%1 does not answer.").arg(host), true, {}};
    case QNetworkReply::RemoteHostClosedError:
        return {tr("The connection to %1 broke off.").arg(host), true, {}};
    default:
        return {tr("The connection to %1 failed: %2.").arg(host, m_reply->errorString()), true, {}};
    }
}
