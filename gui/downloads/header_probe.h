// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/hub_get.h"
#include "gui/downloads/model_outlook.h"

#include <QFutureWatcher>
#include <QObject>
#include <QTemporaryDir>

#include <memory>

// Reads no more of a model on the hub than its header, to say what the model would do here: asks for the first
// megabytes of each file, more if those are not all of the header, and lays them into files with a hole in place of the
// weights. One item at a time; a new one ends the former. GUI thread; headers are written and parsed on Qt's pool.
class HeaderProbe : public QObject {
    Q_OBJECT

public:
    HeaderProbe(QNetworkAccessManager& network, OutlookNow outlookNow, QObject* parent = nullptr);
    ~HeaderProbe() override;

    void setFirstBytes(quint64 bytes) { m_firstBytes = bytes; } // asked for at first

    void probe(const HubAccess& access, const HubRepo& repo, const HubItem& item);
    void cancel();

signals:
    void done(const ModelOutlook& outlook);   // of the last item
    void failed(const QString& sentence);

private:
    struct Piece { // of a file
        qsizetype index = 0;
        quint64 from = 0;
        quint64 bytes = 0;
    };
    struct Reading { // of the headers that are there
        bool isWhole = false;
        QList<Piece> missing; // beside the header
        ModelOutlook outlook;
    };
    static Reading read(const QString& path, const QList<quint64>& bytesThere, const OutlookOfHeader& outlookOf);
    QString pathOf(const HubFile& file) const;
    quint64 wantedOf(qsizetype index) const; // bytes of its header
    void askForHeaders();
    void nextPiece();
    void store(const Piece& piece, const QByteArray& bytes);
    void takeStored();
    void takeEnd(const std::optional<HubFault>& fault);
    void parse();
    void takeReading();
    void fail(const QString& sentence);

    QNetworkAccessManager& m_network;
    OutlookNow m_outlookNow;
    quint64 m_firstBytes = 8 << 20; // most vocabularies fit
    HubAccess m_access;
    HubRepo m_repo;
    HubItem m_item;
    std::shared_ptr<QTemporaryDir> m_folder; // goes with the last who writes there
    QList<Piece> m_pieces; // still to be asked for
    quint64 m_wanted = 0;  // bytes of the first file
    bool m_hasMissing = false; // what lies beside the headers has been asked for
    QByteArray m_bytes;
    std::unique_ptr<HubGet> m_get;
    QFutureWatcher<bool> m_storing; // false: there is no room
    QFutureWatcher<Reading> m_reading;
};
