// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>

class EngineController;
class MainWindow;

// Takes a picture of the window with a real conversation in it: waits for the model, sends a message, waits for the
// reply, saves the picture and ends the program; with exit code 1 and a line in the log if any of it fails.
class Screenshot : public QObject {
    Q_OBJECT

public:
    Screenshot(MainWindow& window, EngineController& controller, const QString& file);

    void setSeconds(int seconds) { m_seconds = seconds; } // to have the reply written again and again for
    void setMidReply(bool isMidReply) { m_isMidReply = isMidReply; } // to save the picture while one is written

private:
    void sendMessage();
    void takePiece(const QString& piece);
    void takeReply();
    void save();
    void giveUp(const QString& sentence);

    MainWindow& m_window;
    QString m_file;
    int m_seconds = 0;
    bool m_isMidReply = false;
    bool m_isSaved = false;
    qsizetype m_replyLength = 0; // so far
    QElapsedTimer m_sinceMessage;
};
