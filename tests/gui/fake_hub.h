// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>
#include <QUrl>

#include <functional>

// What a FakeHub does to one request for a file, instead of serving it as it should.
struct Mischief {
    int status = 0;              // answers with this instead; 0: serves the file
    QByteArray headers = {};     // added, each with its line end
    qint64 dropAfter = -1;       // bytes of the body, then the connection is cut
    qint64 stallAfter = -1;      // bytes of the body, then nothing more comes
    qint64 claimsLength = -1;    // in Content-Length
    bool ignoresRange = false;   // sends all with 200
    bool ignoresIfRange = false; // sends the part of what may be another file
    qint64 shiftsRange = 0;      // sends, and says so, from there on
    bool hasNoLength = false;    // the end of the connection is the end of the file
    qint64 zerosPerSecond = 0;   // streams so many zeros a second in place of the file, without end
    QByteArray extra = {};       // behind the file, or the answer
    QByteArray etag = {};        // in place of the file's
};

// A hub on this machine: the same addresses as the real one, over plain sockets so that it can misbehave. It answers on
// the thread that made it, one request a connection, and remembers every request.
class FakeHub : public QTcpServer {
public:
    struct File {
        QByteArray bytes = {};
        QByteArray etag = "\"one\"";
        bool isStated = true;      // the checksum
        QByteArray statedSha = {}; // empty: the right one
        qint64 statedSize = -1;    // -1: the right one
        QString onDisk = {};       // serves ranges of this file instead, which may be larger than the memory
    };
    struct Request {
        QByteArray line;
        QByteArray path;
        QMap<QByteArray, QByteArray> headers; // names in lower case
    };

    FakeHub() {
        const bool isListening = listen(QHostAddress::LocalHost);
        Q_ASSERT(isListening);
        connect(this, &QTcpServer::newConnection, this, [this] {
            if (QTcpSocket* socket = nextPendingConnection())
                accept(socket);
        });
    }

    QUrl url() const { return QUrl(QStringLiteral("%1://127.0.0.1:%2").arg(scheme).arg(serverPort())); }

    void add(const QString& repo, const QString& path, const File& file) { files[repo][path] = file; }
    void add(const QString& repo, const QString& path, const QByteArray& bytes) { add(repo, path, File{bytes}); }

    static QByteArray sha(const QByteArray& bytes) {
        return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
    }
    QList<Request> fileRequests() const {
        QList<Request> found;
        for (const Request& request : requests)
            if (request.path.contains("/resolve/"))
                found.append(request);
        return found;
    }

    QMap<QString, QMap<QString, File>> files; // by repository and path
    QList<Mischief> mischief;                 // for the next requests for files, in order; then it behaves
    QMap<QByteArray, Mischief> apiMischief;   // by the start of a path
    QUrl cdn;                                 // files are sent there with 302; empty: served here
    QByteArray token;                         // that everyone must have; empty: none
    QList<Request> requests;
    QString scheme = QStringLiteral("http");
    int served = 0; // bodies begun

protected:
    void accept(QTcpSocket* socket) {
        auto received = std::make_shared<QByteArray>();
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QTcpSocket::readyRead, this, [this, socket, received] {
            *received += socket->readAll();
            if (received->contains("\r\n\r\n"))
                answer(*socket, parse(std::exchange(*received, {})));
        });
    }

private:
    static Request parse(const QByteArray& text) {
        Request request;
        const QList<QByteArray> lines = text.split('\n');
        request.line = lines.first().trimmed();
        request.path = QByteArray::fromPercentEncoding(request.line.split(' ').value(1));
        for (const QByteArray& line : lines.mid(1))
            if (const auto colon = line.indexOf(':'); colon > 0)
                request.headers[line.left(colon).trimmed().toLower()] = line.mid(colon + 1).trimmed();
        return request;
    }

    void answer(QTcpSocket& socket, const Request& request) {
        requests.append(request);
        for (auto rule = apiMischief.cbegin(); rule != apiMischief.cend(); ++rule)
            if (request.path.startsWith(rule.key()))
                return reply(socket, rule->status, rule->headers, "{}" + rule->extra);
        if (!token.isEmpty() && request.headers["authorization"] != "Bearer " + token)
            return reply(socket, 401, {}, "{}");
        if (request.path.startsWith("/api/models?"))
            return reply(socket, 200, {}, searchJson(request.path));
        if (request.path.startsWith("/api/models/"))
            return answerRepo(socket, QString::fromUtf8(request.path.mid(12).split('?').first()));
        answerFile(socket, request);
    }

    QByteArray searchJson(const QByteArray& path) const {
        const QString words = QString::fromUtf8(path.mid(path.indexOf("search=") + 7).split('&').first());
        QJsonArray all;
        for (auto repo = files.cbegin(); repo != files.cend(); ++repo)
            if (repo.key().contains(words, Qt::CaseInsensitive))
                all.append(QJsonObject{{QStringLiteral("id"), repo.key()}, {QStringLiteral("downloads"), 1234},
                    {QStringLiteral("lastModified"), QStringLiteral("2026-03-04T05:06:07.000Z")},
                    {QStringLiteral("gated"), false}});
        return QJsonDocument(all).toJson();
    }

    void answerRepo(QTcpSocket& socket, const QString& path) {
        const QString repo = path.section(QLatin1Char('/'), 0, 1);
        if (!files.contains(repo))
            return reply(socket, 404, {}, "{\"error\":\"Repository not found\"}");
        QJsonArray siblings = {QJsonObject{{QStringLiteral("rfilename"), QStringLiteral("README.md")}}};
        for (auto file = files[repo].cbegin(); file != files[repo].cend(); ++file) {
            QJsonObject object = {{QStringLiteral("rfilename"), file.key()},
                {QStringLiteral("size"), file->statedSize < 0 ? file->bytes.size() : file->statedSize}};
            if (file->isStated)
                object[QStringLiteral("lfs")] = QJsonObject{{QStringLiteral("sha256"), QString::fromLatin1(stated(*file))}};
            siblings.append(object);
        }
        reply(socket, 200, {},
            QJsonDocument(QJsonObject{{QStringLiteral("id"), repo}, {QStringLiteral("sha"), QString(40, QLatin1Char('c'))},
                              {QStringLiteral("siblings"), siblings}})
                .toJson());
    }

    static QByteArray stated(const File& file) {
        return file.statedSha.isEmpty() ? sha(file.bytes) : file.statedSha;
    }

    // "/user/model/resolve/<revision>/<path>".
    void answerFile(QTcpSocket& socket, const Request& request) {
        const QString path = QString::fromUtf8(request.path);
        const QString repo = path.section(QLatin1Char('/'), 1, 2);
        const QString name = path.section(QLatin1Char('/'), 5);
        const Mischief what = mischief.isEmpty() ? Mischief() : mischief.takeFirst();
        if (what.status != 0)
            return reply(socket, what.status, what.headers, "no");
        if (!files.value(repo).contains(name))
            return reply(socket, 404, {}, "no");
        if (!cdn.isEmpty())
            return reply(socket, 302,
                "Location: " + cdn.toEncoded() + request.path + "\r\nX-Linked-Etag: \"" + stated(files[repo][name]) +
                    "\"\r\n",
                "");
        serve(socket, request, files[repo][name], what);
    }

    void serve(QTcpSocket& socket, const Request& request, const File& file, const Mischief& what) {
        ++served;
        const QByteArray etag = what.etag.isEmpty() ? file.etag : what.etag;
        const QByteArray range = request.headers.value("range");
        const QByteArray ifRange = request.headers.value("if-range");
        const bool isSame = ifRange.isEmpty() || ifRange == etag || what.ignoresIfRange;
        const bool isPart = range.startsWith("bytes=") && isSame && !what.ignoresRange;
        qint64 from = 0;
        qint64 last = (file.onDisk.isEmpty() ? file.bytes.size() : QFileInfo(file.onDisk).size()) - 1;
        if (isPart) {
            from = range.mid(6).split('-').value(0).toLongLong() + what.shiftsRange;
            const QByteArray end = range.mid(6).split('-').value(1);
            last = end.isEmpty() ? last : std::min(last, end.toLongLong());
        }
        if (what.zerosPerSecond > 0)
            return stream(socket, from, file.statedSize, what.zerosPerSecond);
        if (!file.onDisk.isEmpty())
            return replyFromDisk(socket, file.onDisk, from, last);
        QByteArray headers = "ETag: " + etag + "\r\n" + what.headers;
        if (isPart && from > last)
            return reply(socket, 416, "Content-Range: bytes */" + QByteArray::number(file.bytes.size()) + "\r\n", "");
        if (isPart)
            headers += "Content-Range: bytes " + QByteArray::number(from) + '-' + QByteArray::number(last) + '/' +
                       QByteArray::number(file.bytes.size()) + "\r\n";
        const QByteArray body = file.bytes.mid(from, last - from + 1) + what.extra;
        const qint64 length = what.claimsLength < 0 ? body.size() : what.claimsLength;
        if (!what.hasNoLength)
            headers += "Content-Length: " + QByteArray::number(length) + "\r\n";
        socket.write("HTTP/1.1 " + QByteArray(isPart ? "206 Part" : "200 OK") + "\r\nConnection: close\r\n" + headers +
                     "\r\n");
        const qint64 cut = what.dropAfter >= 0 ? what.dropAfter : what.stallAfter >= 0 ? what.stallAfter : body.size();
        socket.write(body.left(cut));
        if (what.stallAfter < 0)
            socket.disconnectFromHost(); // once all of it is on its way
    }

    static void replyFromDisk(QTcpSocket& socket, const QString& path, qint64 from, qint64 last) {
        QFile file(path);
        const bool isThere = file.open(QIODevice::ReadOnly) && file.seek(from);
        reply(socket, isThere ? 206 : 404,
            "Content-Range: bytes " + QByteArray::number(from) + '-' + QByteArray::number(last) + '/' +
                QByteArray::number(file.size()) + "\r\n",
            file.read(last - from + 1));
    }

    static void stream(QTcpSocket& socket, qint64 from, qint64 size, qint64 perSecond) {
        socket.write("HTTP/1.1 206 Part\r\nContent-Length: " + QByteArray::number(size - from) +
                     "\r\nContent-Range: bytes " + QByteArray::number(from) + '-' + QByteArray::number(size - 1) + '/' +
                     QByteArray::number(size) + "\r\n\r\n");
        auto* timer = new QTimer(&socket);
        connect(timer, &QTimer::timeout, &socket, [&socket, perSecond] { socket.write(QByteArray(perSecond / 50, '\0')); });
        timer->start(20);
    }

    static void reply(QTcpSocket& socket, int status, const QByteArray& headers, const QByteArray& body) {
        socket.write("HTTP/1.1 " + QByteArray::number(status) + " x\r\nConnection: close\r\n" + headers +
                     "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
        socket.disconnectFromHost();
    }
};
