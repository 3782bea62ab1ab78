// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/hub_address.h"

#include <QMetaType>
#include <QObject>
#include <QPointer>

#include <chrono>
#include <optional>

class QNetworkAccessManager;
class QNetworkReply;

// What went wrong between here and a server. A value.
struct HubFault {
    QString sentence;
    bool isWorthRetrying = false;
    std::optional<std::chrono::milliseconds> retryAfter; // as the server asks
};

struct HubQuery {
    QUrl url;
    quint64 from = 0;                // first byte wanted
    std::optional<quint64> last;     // included; none: to the end
    QByteArray ifSame;               // an ETag: part of the file is of use only if it still has it; empty: in any case
    std::chrono::milliseconds stall; // without a byte: given up
};

// What a server says before the bytes. A value.
struct HubHead {
    int status = 0;               // 200 or 206, or 416
    std::optional<quint64> from;  // first byte of what comes, if it is a part
    std::optional<quint64> total; // bytes of the whole file, if said
    QByteArray etag;              // empty: none, or a weak one
    QByteArray sha256;            // of the file, as the hub states on the way; empty: not stated
};

// One GET, followed through redirects by hand: the token goes to the hub's own origin and nowhere else, and over http
// to this machine alone; nothing goes from https to http, and a circle ends. A server whose certificate does not hold
// is not talked to. Lives on one thread; deleting it ends it.
class HubGet : public QObject {
    Q_OBJECT

public:
    HubGet(QNetworkAccessManager& network, const HubAccess& access, const HubQuery& query, QObject* parent);
    ~HubGet() override;

    QByteArray take(qint64 mostBytes); // what has come since
    qint64 waitingBytes() const;
    QString host() const { return m_query.url.host(); } // that was asked first

signals:
    void opened(const HubHead& head);
    void bytesCame();
    void ended(const std::optional<HubFault>& fault); // once, the last; nothing: all has come that the server sent

private:
    void send(const QUrl& url);
    void readHead();
    void readEnd();
    void follow(const QByteArray& location);
    void end(const std::optional<HubFault>& fault);
    HubFault faultOf(int status) const;
    HubFault faultOfNetwork() const;
    HubHead head() const;

    QNetworkAccessManager& m_network;
    HubAccess m_access;
    HubQuery m_query;
    QPointer<QNetworkReply> m_reply;
    QString m_untrusted; // why the certificate does not hold
    QByteArray m_stated; // checksum
    int m_redirects = 0;
    bool m_isOpen = false;
    bool m_hasEnded = false;
};
