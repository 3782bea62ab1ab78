// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/hub_get.h"
#include "gui/downloads/hub_listing.h"

#include <QNetworkAccessManager>
#include <QObject>

#include <functional>
#include <memory>

// Asks the hub one thing at a time: which models there are, and which files a model has. A new question ends the one
// before. GUI thread.
class HubClient : public QObject {
    Q_OBJECT

public:
    explicit HubClient(QObject* parent = nullptr) : QObject(parent) {}
    ~HubClient() override;

    void setStall(std::chrono::milliseconds stall) { m_stall = stall; } // without a byte: no answer

    void search(const HubAccess& access, const QString& words);
    void list(const HubAccess& access, const HubReference& reference);
    void cancel();
    bool isAsking() const { return m_get != nullptr; }

    // For what else is asked of the hub on this thread, such as headers.
    QNetworkAccessManager& network() { return m_network; }

signals:
    void found(const QList<HubModel>& models);
    void listed(const HubRepo& repo, const HubReference& reference);
    void failed(const QString& sentence);

private:
    void ask(const HubAccess& access, const QUrl& url, std::function<bool(const QByteArray&)> take);
    void takeEnd(const std::optional<HubFault>& fault);
    void fail(const QString& sentence);

    QNetworkAccessManager m_network;
    std::chrono::milliseconds m_stall{20'000};
    std::unique_ptr<HubGet> m_get;
    QByteArray m_body;
    std::function<bool(const QByteArray&)> m_take; // false: not what the hub answers
};
