// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"

#include <QElapsedTimer>
#include <QWidget>

class QAction;
class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;

// The two lines above the chat: which model is there, or is coming, or why it is not, and the one obvious next step.
class ModelBar : public QWidget {
    Q_OBJECT

public:
    explicit ModelBar(EngineController& controller, QWidget* parent = nullptr);

    void addToggle(QAction* action); // as a button at the right end

signals:
    void openRequested();

private:
    void makeWidgets();
    void showState();
    void showEmpty();
    void showLoading();
    static QString describe(const LoadedModel& loaded);
    void showReady();
    void showFailed();
    void setButton(const QString& text, const QString& icon, const QString& toolTip);
    void showProgress(quint64 doneBytes, quint64 totalBytes);
    void showDetails(bool isUnfolded);
    void press();

    EngineController& m_controller;
    QLabel* m_title = nullptr;
    QLabel* m_facts = nullptr;
    QLabel* m_line = nullptr; // the second line
    QProgressBar* m_bar = nullptr;
    QToolButton* m_fold = nullptr;
    QLabel* m_details = nullptr;
    QPushButton* m_cpu = nullptr;   // in Failed, where a GPU was the trouble
    QPushButton* m_other = nullptr; // in Failed
    QPushButton* m_button = nullptr;
    QElapsedTimer m_sinceFirstBytes;
};
