// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_address.h"

#include <QHostAddress>
#include <QRegularExpression>
#include <QStringList>
#include <QUrlQuery>

using namespace Qt::StringLiterals;

namespace {

int portOf(const QUrl& url) {
    return url.port(url.scheme() == u"https"_s ? 443 : 80);
}

QUrl under(const QUrl& base, const QString& path) {
    QUrl url = base;
    QString folder = base.path(QUrl::FullyEncoded);
    while (folder.endsWith(u'/')) {
        folder.chop(1);
    }
    url.setPath(folder + path, QUrl::StrictMode);
    return url;
}

// Slashes stay; everything else that means something in an address does not.
QString encoded(const QString& path) {
    return QString::fromLatin1(QUrl::toPercentEncoding(path, "/"));
}

// What stands behind the host, or nothing if the host is neither the hub's nor one of its usual names.
std::optional<QString> pathOnHub(const QString& text, const QUrl& base) {
    static const QRegularExpression start(u"^(?:https?://)?([^/:]+(?::\\d+)?)/(.*)$"_s);
    const QRegularExpressionMatch match = start.match(text);
    if (!match.hasMatch()) {
        return std::nullopt;
    }
    const QString host = match.captured(1).toLower();
    const QString own = base.port() < 0 ? base.host() : u"%1:%2"_s.arg(base.host()).arg(base.port());
    const QStringList names = {own, u"huggingface.co"_s, u"www.huggingface.co"_s, u"hf.co"_s};
    if (!names.contains(host)) {
        return std::nullopt;
    }
    return match.captured(2).section(u'?', 0, 0).section(u'#', 0, 0);
}

std::optional<HubReference> fromPath(const QString& path) {
    const QStringList pieces = path.split(u'/', Qt::SkipEmptyParts);
    if (pieces.size() < 2) {
        return std::nullopt;
    }
    HubReference reference;
    reference.repo = pieces[0] + u'/' + pieces[1].section(u':', 0, 0);
    reference.format = pieces[1].section(u':', 1);
    if (!isRepoName(reference.repo)) {
        return std::nullopt;
    }
    const bool isFile = pieces.size() > 4 && QStringList{u"blob"_s, u"resolve"_s, u"raw"_s}.contains(pieces[2]);
    if (isFile || (pieces.size() > 3 && pieces[2] == u"tree")) {
        reference.revision = QUrl::fromPercentEncoding(pieces[3].toUtf8());
    }
    if (isFile) {
        reference.path = QUrl::fromPercentEncoding(pieces.mid(4).join(u'/').toUtf8());
    }
    return reference;
}

} // namespace

bool HubAccess::isOwn(const QUrl& url) const {
    return url.scheme() == base.scheme() && url.host() == base.host() && portOf(url) == portOf(base);
}

bool HubAccess::mayTellToken(const QUrl& url) const {
    const bool isHere = url.host() == u"localhost"_s || QHostAddress(url.host()).isLoopback();
    return isOwn(url) && (url.scheme() == u"https"_s || isHere);
}

bool isRepoName(const QString& name) {
    static const QRegularExpression pattern(u"^[A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9_-][A-Za-z0-9._-]*$"_s);
    return pattern.match(name).hasMatch();
}

std::optional<QUrl> cleanHubBase(const QString& text) {
    QString whole = text.trimmed();
    if (!whole.contains(u"://"_s)) {
        whole.prepend(u"https://"_s);
    }
    QUrl url(whole, QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty() || (url.scheme() != u"https" && url.scheme() != u"http")) {
        return std::nullopt;
    }
    url.setQuery(QString());
    url.setFragment(QString());
    url.setUserInfo(QString());
    while (url.path().endsWith(u'/')) {
        url.setPath(url.path().chopped(1));
    }
    return url;
}

std::optional<HubReference> parseHubReference(const QString& text, const QUrl& base) {
    const QString words = text.trimmed();
    if (const auto path = pathOnHub(words, base)) {
        return fromPath(*path);
    }
    static const QRegularExpression pair(u"^([^\\s/:]+/[^\\s/:]+)(?::([A-Za-z0-9_.-]+))?$"_s);
    const QRegularExpressionMatch match = pair.match(words);
    if (!match.hasMatch() || !isRepoName(match.captured(1))) {
        return std::nullopt;
    }
    return HubReference{.repo = match.captured(1), .revision = {}, .path = {}, .format = match.captured(2)};
}

QUrl hubSearchUrl(const QUrl& base, const QString& words, int limit) {
    QUrl url = under(base, u"/api/models"_s);
    QUrlQuery query;
    query.addQueryItem(u"search"_s, QString::fromLatin1(QUrl::toPercentEncoding(words)));
    query.addQueryItem(u"filter"_s, u"gguf"_s);
    query.addQueryItem(u"sort"_s, u"downloads"_s);
    query.addQueryItem(u"direction"_s, u"-1"_s);
    query.addQueryItem(u"limit"_s, QString::number(limit));
    url.setQuery(query);
    return url;
}

QUrl hubRepoUrl(const QUrl& base, const QString& repo, const QString& revision) {
    const QString at = revision.isEmpty() ? QString() : QString(u"/revision/"_s + encoded(revision));
    QUrl url = under(base, u"/api/models/"_s + encoded(repo) + at);
    url.setQuery(u"blobs=true"_s);
    return url;
}

QUrl hubFileUrl(const QUrl& base, const QString& repo, const QString& revision, const QString& path) {
    return under(base, u'/' + encoded(repo) + u"/resolve/"_s + encoded(revision) + u'/' + encoded(path));
}
