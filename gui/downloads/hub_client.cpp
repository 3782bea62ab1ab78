// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_client.h"

#include "gui/format.h"

#include <utility>

namespace {

constexpr qsizetype kLongestAnswer = 4 << 20; // bytes; it is parsed on this thread
constexpr int kMostModels = 50;

} // namespace

HubClient::~HubClient() {
    cancel();
}

void HubClient::search(const HubAccess& access, const QString& words) {
    ask(access, hubSearchUrl(access.base, words, kMostModels), [this](const QByteArray& json) {
        const auto models = parseSearch(json);
        if (models) {
            emit found(*models);
        }
        return models.has_value();
    });
}

void HubClient::list(const HubAccess& access, const HubReference& reference) {
    ask(access, hubRepoUrl(access.base, reference.repo, reference.revision), [this, reference](const QByteArray& json) {
        const auto repo = parseRepo(json);
        if (repo) {
            emit listed(*repo, reference);
        }
        return repo.has_value();
    });
}

void HubClient::cancel() {
    if (m_get != nullptr) {
        m_get->disconnect(this);
        m_get.release()->deleteLater(); // this may be its signal
    }
    m_body.clear();
}

void HubClient::ask(const HubAccess& access, const QUrl& url, std::function<bool(const QByteArray&)> take) {
    cancel();
    m_take = std::move(take);
    m_get = std::make_unique<HubGet>(
        m_network, access, HubQuery{.url = url, .last = std::nullopt, .ifSame = {}, .stall = m_stall}, nullptr);
    connect(m_get.get(), &HubGet::bytesCame, this, [this] {
        m_body += m_get->take(kLongestAnswer);
        if (m_body.size() > kLongestAnswer) {
            fail(tr("The hub's answer is too long: more than %1.").arg(formatBytes(kLongestAnswer)));
        }
    });
    connect(m_get.get(), &HubGet::ended, this, &HubClient::takeEnd);
}

void HubClient::takeEnd(const std::optional<HubFault>& fault) {
    if (fault) {
        fail(fault->sentence);
        return;
    }
    const QByteArray body = std::exchange(m_body, {}) + m_get->take(kLongestAnswer);
    const QString host = m_get->host();
    const auto take = std::exchange(m_take, nullptr);
    cancel();
    if (!take(body)) {
        emit failed(tr("%1 answers, but not as a hub does. Is the address of the hub right?").arg(host));
    }
}

void HubClient::fail(const QString& sentence) {
    cancel();
    emit failed(sentence);
}
