// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/find_panel.h"

#include "gui/downloads/download_list.h"
#include "gui/format.h"
#include "gui/models/start_folder.h"
#include "gui/settings/setting_keys.h"

#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QTreeView>

using namespace Qt::StringLiterals;

namespace {

constexpr int kProbeDelayMs = 400; // arrow keys go past rows that nobody asks about

} // namespace

FindPanel::FindPanel(
    DownloadList& list, Settings& settings, Memory memory, OutlookNow outlookNow, QWidget* parent)
    : QWidget(parent), m_list(list), m_settings(settings), m_memory(std::move(memory)),
      m_probe(m_client.network(), std::move(outlookNow)) {
    makeLayout();
    m_probeSoon.setSingleShot(true);
    m_probeSoon.setInterval(kProbeDelayMs);
    connect(&m_probeSoon, &QTimer::timeout, this, [this] { probe(itemRow()); });
    connect(&m_client, &HubClient::found, this, &FindPanel::takeModels);
    connect(&m_client, &HubClient::listed, this, &FindPanel::takeRepo);
    connect(&m_client, &HubClient::failed, this, &FindPanel::takeFailure);
    connect(&m_probe, &HeaderProbe::done, this, &FindPanel::takeOutlook);
    connect(&m_probe, &HeaderProbe::failed, this, [this](const QString& sentence) {
        takeOutlook({.fit = ModelOutlook::Fit::Unknown, .source = ModelOutlook::Source::None, .text = {},
            .sentence = sentence});
    });
    connect(&m_list, &QAbstractItemModel::rowsInserted, this, &FindPanel::showItem);
    connect(&m_list, &QAbstractItemModel::rowsRemoved, this, &FindPanel::showItem);
    say(tr("Nothing is asked of %1 before you search.").arg(m_list.access().base.host()));
    showItem();
}

void FindPanel::focusSearch() {
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

QString FindPanel::folder() const {
    const QString chosen = m_settings.get(setting::downloadFolder);
    if (!chosen.isEmpty()) {
        return chosen;
    }
    const QStringList watched = m_settings.get(setting::watchedFolders);
    return watched.isEmpty() ? startFolder(m_settings) : watched.first();
}

void FindPanel::say(const QString& sentence) {
    m_hint->setText(sentence);
    m_hint->setVisible(!sentence.isEmpty());
}

void FindPanel::go() {
    const QString words = m_search->text().trimmed();
    if (words.isEmpty()) {
        return;
    }
    const HubAccess access = m_list.access();
    m_probe.cancel();
    if (const auto reference = parseHubReference(words, access.base)) {
        say(tr("Asking %1 for the files of %2…").arg(access.base.host(), reference->repo));
        m_client.list(access, *reference);
    } else {
        say(tr("Searching %1…").arg(access.base.host()));
        m_client.search(access, words);
    }
}

void FindPanel::openModel(const QString& repo) {
    const HubAccess access = m_list.access();
    say(tr("Asking %1 for the files of %2…").arg(access.base.host(), repo));
    m_client.list(access, {.repo = repo, .revision = {}, .path = {}, .format = {}});
}

void FindPanel::takeModels(const QList<HubModel>& models) {
    m_models.setModels(models);
    showModels();
    say(models.isEmpty() ? tr("No GGUF model on %1 has a name like “%2”.").arg(m_list.access().base.host(), m_search->text())
                         : tr("Double click or Enter shows the files of a model."));
    if (!models.isEmpty()) {
        m_modelsView->setCurrentIndex(m_models.index(0, 0));
    }
}

void FindPanel::takeRepo(const HubRepo& repo, const HubReference& reference) {
    m_repo = repo;
    m_probed = -1;
    m_items.setItems(groupFiles(repo.files), m_memory());
    m_title->setText(repo.repo);
    m_pages->setCurrentIndex(1);
    const bool isAsked = !reference.path.isEmpty() || !reference.format.isEmpty();
    const int asked = m_items.rowOf(reference);
    say(m_items.rowCount() == 0 ? tr("%1 has no GGUF files.").arg(repo.repo)
        : isAsked && asked < 0  ? tr("%1 has no %2; these are there.")
                                     .arg(repo.repo, reference.path.isEmpty() ? reference.format : reference.path)
        : repo.isGated          ? tr("Its terms must be accepted on its page, and an access token be given, first.")
                                : QString());
    const int row = asked >= 0 ? asked : m_items.recommendedRow() >= 0 ? m_items.recommendedRow() : 0;
    m_itemsView->setCurrentIndex(m_items.index(row, 0));
    m_itemsView->setFocus();
    showItem();
    m_probeSoon.stop();
    probe(itemRow());
}

void FindPanel::takeFailure(const QString& sentence) {
    say(sentence);
}

void FindPanel::showModels() {
    m_client.cancel();
    m_probe.cancel();
    m_probeSoon.stop();
    m_pages->setCurrentIndex(0);
    say({});
}

int FindPanel::itemRow() const {
    return m_pages->currentIndex() == 1 && m_itemsView->currentIndex().isValid() ? m_itemsView->currentIndex().row() : -1;
}

void FindPanel::showItem() {
    const int row = itemRow();
    m_folder->setText(formatPath(folder()));
    m_folder->setToolTip(tr("Where models are saved, as plain files"));
    QString why = row < 0 ? tr("Select a format first.") : m_items.item(row).problem;
    if (why.isEmpty()) {
        const int known = m_list.rowOf(makeRecord(m_list.access().base, m_repo, m_items.item(row), folder()).modelPath());
        why = known < 0 ? QString() : tr("It is in the list of downloads already.");
    }
    m_download->setEnabled(why.isEmpty());
    m_download->setToolTip(why.isEmpty() ? tr("Saves it in %1").arg(formatPath(folder())) : why);
    if (row < 0) {
        m_reason->clear();
        return;
    }
    const ModelOutlook& outlook = m_items.outlook(row);
    const QString recommended =
        row == m_items.recommendedRow() ? tr("Recommended. %1").arg(m_items.reason()) : QString();
    const QString reading = row == m_probed ? tr("Reading its header…") : outlook.sentence;
    m_reason->setText(QStringList({recommended, reading}).join(recommended.isEmpty() ? u""_s : u" "_s));
    if (row != m_probed && outlook.source == ModelOutlook::Source::Size) {
        m_probeSoon.start();
    }
}

// What a header says holds for one file; the first megabytes of each are not asked for in vain.
void FindPanel::probe(int row) {
    if (row < 0 || m_items.outlook(row).source == ModelOutlook::Source::Header || !m_items.item(row).problem.isEmpty()) {
        return;
    }
    m_probed = row;
    m_probe.probe(m_list.access(), m_repo, m_items.item(row));
    showItem();
}

void FindPanel::takeOutlook(const ModelOutlook& outlook) {
    const int row = std::exchange(m_probed, -1);
    if (row < 0 || row >= m_items.rowCount()) {
        return;
    }
    if (outlook.source == ModelOutlook::Source::None) { // nothing new: what the size says stands, and why
        ModelOutlook known = m_items.outlook(row);
        known.source = ModelOutlook::Source::Header;
        known.sentence += tr(" Its header could not be read: %1").arg(outlook.sentence);
        m_items.setOutlook(row, known);
    } else {
        m_items.setOutlook(row, outlook);
    }
    showItem();
}

void FindPanel::chooseFolder() {
    auto* dialog = new QFileDialog(this, tr("Save models in"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->setDirectory(folder());
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& chosenFolder) {
        m_settings.set(setting::downloadFolder, chosenFolder);
        showItem();
    });
    dialog->open();
}

void FindPanel::download() {
    emit chosen(makeRecord(m_list.access().base, m_repo, m_items.item(itemRow()), folder()));
}
