// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/composer.h"

#include "gui/chat/message_edit.h"
#include "gui/format.h"
#include "gui/icon.h"
#include "gui/text_labels.h"
#include "gui/theme.h"

#include <QFile>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QStringDecoder>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 kLargestFile = 8'000'000; // bytes; more than any context holds

constexpr quint32 kBytesPerToken = 4; // of English text, in the vocabularies of today: good for an estimate only

// A fence longer than any run of back quotes in the text, so that the text cannot end it.
QString fenceFor(const QString& text) {
    qsizetype longest = 2;
    qsizetype run = 0;
    for (const QChar c : text) {
        run = c == u'`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return QString(longest + 1, u'`');
}

// "1,204 tokens", or where they were not counted "about 1,200 tokens".
QString tokensText(const Attachment& attachment) {
    quint32 unit = 1;
    while (!attachment.tokenCount && attachment.tokens() / unit >= 100) {
        unit *= 10; // two figures are as many as an estimate is worth
    }
    const QString count = formatCount((attachment.tokens() + unit / 2) / unit * unit);
    return attachment.tokenCount ? Composer::tr("%1 tokens").arg(count) : Composer::tr("about %1 tokens").arg(count);
}

} // namespace

Composer::Composer(QWidget* parent)
    : QWidget(parent), m_box(new QWidget(this)), m_edit(new MessageEdit(m_box)), m_button(new QPushButton(this)),
      m_note(new SentenceLabel({}, this)), m_attachmentRow(new QWidget(this)),
      m_attachmentLayout(new QHBoxLayout(m_attachmentRow)) {
    buildLayout();
    connectEdit();
    refreshButton();
    refreshAttachments();
    setFocusProxy(m_edit);
}

void Composer::buildLayout() {
    m_note->setForegroundRole(QPalette::PlaceholderText);
    m_note->hide();
    m_attachmentLayout->setContentsMargins(0, 0, 0, 0);
    m_edit->installEventFilter(this);
    auto* inside = new QVBoxLayout(m_box);
    inside->setContentsMargins(8, 4, 8, 4);
    inside->addWidget(m_attachmentRow);
    inside->addWidget(m_edit);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_box, 1);
    row->addWidget(m_button, 0, Qt::AlignBottom);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(m_note);
    column->addLayout(row);
}

void Composer::connectEdit() {
    connect(m_edit, &MessageEdit::sendTyped, this, &Composer::send);
    connect(m_edit, &MessageEdit::escapeTyped, this, &Composer::escape);
    connect(m_edit, &MessageEdit::upTypedWhileEmpty, this, [this] {
        if (m_attachments.isEmpty() && !m_isReplying && !m_isEditing) {
            emit editLastRequested();
        }
    });
    connect(m_edit, &MessageEdit::fileDropped, this, &Composer::attachFile);
    connect(
        m_edit, &MessageEdit::longTextPasted, this, [this](const QString& text) { attach(tr("Pasted text"), text); });
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] {
        refreshButton();
        emit draftChanged();
    });
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_isReplying) {
            emit stopRequested();
        } else {
            send();
        }
    });
}

QString Composer::draft() const {
    return m_edit->toPlainText();
}

QString Composer::text() const {
    QStringList parts;
    if (!draft().trimmed().isEmpty()) {
        parts.append(draft().trimmed());
    }
    for (const Attachment& attachment : m_attachments) {
        const QString fence = fenceFor(attachment.text);
        parts.append(attachment.title + u":\n"_s + fence + u'\n' + attachment.text +
                     (attachment.text.endsWith(u'\n') ? u""_s : u"\n"_s) + fence);
    }
    return parts.join(u"\n\n"_s);
}

void Composer::setDraft(const QString& text) {
    m_edit->setPlainText(text);
    m_edit->moveCursor(QTextCursor::End);
}

void Composer::attach(const QString& title, const QString& text) {
    const auto estimate = static_cast<quint32>(text.toUtf8().size() / kBytesPerToken + 1);
    m_attachments.append({++m_lastAttachmentId, title, text, estimate});
    refreshAttachments();
    emit tokenCountWanted(m_lastAttachmentId, text);
    emit draftChanged();
}

void Composer::attachFile(const QString& path) {
    QFile file(path);
    const QString name = QFileInfo(path).fileName();
    if (!file.open(QIODevice::ReadOnly)) {
        showNote(tr("%1 can't be read: %2.").arg(name, file.errorString()));
        return;
    }
    if (file.size() > kLargestFile) {
        showNote(tr("%1 is %2; a message takes files of up to %3.")
                     .arg(name, formatBytes(file.size()), formatBytes(kLargestFile)));
        return;
    }
    const QByteArray bytes = file.readAll();
    QStringDecoder decode(QStringDecoder::Utf8);
    const QString text = decode(bytes);
    if (decode.hasError() || text.contains(QChar(u'\0'))) {
        showNote(tr("%1 is not a text file in UTF-8, so it was not added.").arg(name));
        return;
    }
    showNote({});
    attach(name, text);
}

void Composer::clear() {
    m_attachments.clear();
    refreshAttachments();
    m_edit->clear();
}

void Composer::setSendWithEnter(bool isOn) {
    m_edit->setSendWithEnter(isOn);
}

void Composer::setReplying(bool isReplying) {
    m_isReplying = isReplying;
    refreshButton();
}

void Composer::setObstacle(const QString& sentence) {
    m_obstacle = sentence;
    refreshButton();
}

void Composer::beginEditing(const QString& text) {
    if (!m_isEditing) {
        m_shelvedDraft = draft();
    }
    m_isEditing = true;
    showNote(tr("Editing an earlier message. Sending it replaces what came after; Esc keeps everything as it is."));
    setDraft(text);
    refreshButton();
    m_edit->setFocus();
}

void Composer::endEditing() {
    if (!m_isEditing) {
        return;
    }
    m_isEditing = false;
    showNote({});
    setDraft(m_shelvedDraft);
    m_shelvedDraft.clear();
    refreshButton();
}

void Composer::setTokenCount(int attachmentId, quint32 tokenCount) {
    for (Attachment& attachment : m_attachments) {
        if (attachment.id == attachmentId) {
            attachment.tokenCount = tokenCount;
        }
    }
    refreshAttachments();
}

void Composer::focusText() {
    m_edit->setFocus();
}

// The box around the text, marked while it has the keyboard.
void Composer::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors colors = themeColors(palette());
    painter.setPen(m_edit->hasFocus() ? colors.accent : colors.hairline);
    painter.setBrush(palette().base());
    painter.drawRoundedRect(QRectF(m_box->geometry()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

bool Composer::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
        update();
    }
    return QWidget::eventFilter(watched, event);
}

void Composer::send() {
    if (m_isReplying) {
        return;
    }
    if (!m_obstacle.isEmpty()) {
        emit sendObstructed();
    } else if (m_button->isEnabled()) {
        emit sendRequested();
    }
}

void Composer::escape() {
    if (m_isReplying) {
        emit stopRequested();
    } else if (m_isEditing) {
        endEditing();
        emit editingCancelled();
    } else {
        showNote({});
    }
}

void Composer::refreshButton() {
    const bool isEmpty = m_attachments.isEmpty() && draft().trimmed().isEmpty();
    m_button->setText(m_isReplying ? tr("Stop") : tr("Send"));
    m_button->setIcon(lineIcon(m_isReplying ? u"stop"_s : u"send"_s));
    m_button->setEnabled(m_isReplying || (m_obstacle.isEmpty() && !isEmpty));
    m_button->setMinimumWidth(QFontMetrics(font()).horizontalAdvance(tr("Send") + tr("Stop")) + 32);
    m_button->setToolTip(m_isReplying            ? tr("Stop the reply (Esc); what is written stays.")
                         : !m_obstacle.isEmpty() ? m_obstacle
                         : isEmpty               ? tr("Write a message first.")
                                                 : tr("Send the message (Ctrl+Enter)."));
}

void Composer::refreshAttachments() {
    while (QLayoutItem* item = m_attachmentLayout->takeAt(0)) {
        if (item->widget() != nullptr) {
            item->widget()->deleteLater();
        }
        delete item;
    }
    for (const Attachment& attachment : m_attachments) {
        addChip(attachment);
    }
    m_attachmentLayout->addStretch(1);
    m_attachmentRow->setVisible(!m_attachments.isEmpty());
    showNotes();
    refreshButton();
}

void Composer::addChip(const Attachment& attachment) {
    const QString count = tokensText(attachment);
    const bool isTooLong = m_contextTokens > 0 && attachment.tokens() > m_contextTokens;
    auto* chip = new QToolButton(m_attachmentRow);
    chip->setText(QString(attachment.title + u"   "_s + count) + (isTooLong ? tr(", too long") : QString()));
    chip->setIcon(lineIcon(u"close"_s));
    chip->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    chip->setToolTip(QString((attachment.tokenCount ? QString() : tr("The number is an estimate. ")) +
                             tr("Goes along with the message. Click to take it out.")));
    chip->setAccessibleName(tr("Take out %1, %2").arg(attachment.title, count));
    if (isTooLong) {
        QPalette marked = chip->palette();
        marked.setColor(QPalette::ButtonText, themeColors(palette()).errorText);
        chip->setPalette(marked);
    }
    connect(chip, &QToolButton::clicked, this, [this, id = attachment.id] {
        m_attachments.removeIf([id](const Attachment& each) { return each.id == id; });
        refreshAttachments();
        emit draftChanged();
    });
    m_attachmentLayout->addWidget(chip);
}

QString Composer::tooLongSentence() const {
    for (const Attachment& attachment : m_attachments) {
        if (m_contextTokens > 0 && attachment.tokens() > m_contextTokens) {
            return tr(
                "%1 alone has %2, but the model keeps only %3 in mind. Take it out, shorten it, or load the model "
                "with more context.")
                .arg(attachment.title, tokensText(attachment), formatCount(m_contextTokens));
        }
    }
    return {};
}

void Composer::setContext(quint32 tokens) {
    m_contextTokens = tokens;
    for (Attachment& attachment : m_attachments) {
        attachment.tokenCount.reset();
    }
    refreshAttachments();
}

void Composer::showNote(const QString& sentence) {
    m_sentence = sentence;
    showNotes();
}

void Composer::showNotes() {
    QStringList notes = {m_sentence, tooLongSentence()};
    notes.removeAll(QString());
    m_note->setText(notes.join(u'\n'));
    m_note->setVisible(!notes.isEmpty());
}
