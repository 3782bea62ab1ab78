// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

// What stands in place of an empty conversation: what can be done now, and buttons that do it.
class StartPage : public QWidget {
    Q_OBJECT

public:
    explicit StartPage(QWidget* parent = nullptr);

    void showReady(const QString& modelName, bool isNoise);
    void showNoModel(const QStringList& recentPaths, const QStringList& gonePaths);
    void showLoading(const QString& modelName);

signals:
    void suggestionChosen(const QString& message);
    void modelChosen(const QString& path);
    void removeWanted(const QString& path); // of a model whose file is gone, from the list
    void openWanted();

private:
    void show(const QString& title, const QString& sentence);
    void addGoneModel(const QString& name, const QString& path);
    QPushButton* addButton(const QString& text);

    QLabel* m_title;
    QLabel* m_sentence;
    QVBoxLayout* m_buttons;
};
