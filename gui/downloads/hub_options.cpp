// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_options.h"

#include "gui/downloads/download_list.h"
#include "gui/settings/setting_keys.h"
#include "gui/text_labels.h"

#include <QFormLayout>
#include <QLineEdit>
#include <QSpinBox>

HubOptions::HubOptions(DownloadList& list, Settings& settings, QWidget* parent)
    : QWidget(parent), m_list(list), m_settings(settings), m_address(new QLineEdit), m_token(new QLineEdit),
      m_problem(new SentenceLabel(tr("Problem with the address"))) {
    m_address->setText(m_settings.get(setting::hubAddress));
    m_address->setPlaceholderText(setting::hubAddress.fallback);
    m_address->setAccessibleName(tr("Address of the hub"));
    m_address->setToolTip(tr("Where models are looked for: Hugging Face, or a mirror that answers as it does"));
    connect(m_address, &QLineEdit::editingFinished, this, &HubOptions::takeAddress);

    m_token->setEchoMode(QLineEdit::Password);
    m_token->setPlaceholderText(tr("None; until Strata is closed"));
    m_token->setAccessibleName(tr("Access token"));
    m_token->setToolTip(
        tr("Needed for models that are private or whose terms must be accepted. It is sent to the hub alone, kept "
           "until Strata is closed or another hub is chosen, and written nowhere."));
    connect(m_token, &QLineEdit::textChanged, this,
        [this](const QString& text) { m_list.setToken(text.trimmed().toLatin1()); });

    auto* atOnce = new QSpinBox;
    atOnce->setRange(1, DownloadList::kMostAtOnce);
    atOnce->setValue(m_settings.get(setting::downloadsAtOnce));
    atOnce->setAccessibleName(tr("Downloads at once"));
    atOnce->setToolTip(tr("The others wait for their turn. Holds for the next one that begins."));
    connect(atOnce, &QSpinBox::valueChanged, this, [this](int count) { m_settings.set(setting::downloadsAtOnce, count); });

    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setSpacing(8);
    form->addRow(tr("Hub"), m_address);
    form->addRow(m_problem);
    form->addRow(tr("Access token"), m_token);
    form->addRow(tr("At once"), atOnce);
    warnOf(m_list.access().base);
}

void HubOptions::takeAddress() {
    const QString text = m_address->text().trimmed();
    const auto base = cleanHubBase(text.isEmpty() ? setting::hubAddress.fallback : text);
    if (!base) {
        m_problem->setText(tr("This is no address of a hub; %1 stays in use.").arg(m_list.access().base.toString()));
        m_problem->show();
        return;
    }
    const bool isOther = !m_list.access().isOwn(*base);
    m_settings.set(setting::hubAddress, base->toString());
    m_address->setText(base->toString());
    if (isOther) {
        m_token->clear(); // it was for the former one
    }
    warnOf(*base);
}

void HubOptions::warnOf(const QUrl& base) {
    const bool isToken = HubAccess{base, {}}.mayTellToken(base);
    m_problem->setText(isToken ? tr("http:// is not encrypted.")
                               : tr("http:// is not encrypted: others can see what you download, so the access token is "
                                    "not sent."));
    m_problem->setVisible(base.scheme() == QLatin1String("http"));
}
