// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QPushButton;

// Stands beside a conversation that no model answers: says so, and loads the last one by one click.
class ModelOffer : public QWidget {
    Q_OBJECT

public:
    explicit ModelOffer(QWidget* parent = nullptr);

    void setRecentModels(const QStringList& paths); // whose files are there, newest first
    void setInsisting(bool isInsisting);            // somebody tried to send

signals:
    void modelChosen(const QString& path);
    void openWanted();

private:
    QLabel* m_label;
    QPushButton* m_button;
    QString m_path; // empty: none of the last models is there any more
};
