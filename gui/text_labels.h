// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

// Labels for names, paths and sentences that come from elsewhere and may be of any length: they never decide how wide
// the window has to be. Plain text that can be selected; where it is cut, a tool tip has the whole.

// One line, cut at its end.
class LineLabel : public QLabel {
public:
    explicit LineLabel(const QString& accessibleName, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    bool isCut() const;
};

// Wrapped at spaces; a single word that is wider than the label, such as a path, is cut.
class SentenceLabel : public QLabel {
public:
    explicit SentenceLabel(const QString& accessibleName = {}, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
};

// What a panel shows while it has nothing to show, in grey at its top: `sentence` says what it will have.
QLabel* makeHint(const QString& accessibleName, const QString& sentence);
