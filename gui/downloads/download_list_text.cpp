// SPDX-License-Identifier: GPL-3.0-or-later
// The part of DownloadList that says in words what a row is.
#include "gui/downloads/download_list.h"

#include "gui/format.h"

#include <algorithm>

using namespace Qt::StringLiterals;
using State = Download::State;

namespace {

double shareOf(const JobProgress& progress) {
    return progress.totalBytes == 0
               ? 0
               : static_cast<double>(progress.doneBytes) / static_cast<double>(progress.totalBytes);
}

QString amountOf(const JobProgress& progress) {
    return DownloadList::tr("%1 of %2").arg(formatBytes(progress.doneBytes), formatBytes(progress.totalBytes));
}

// ", 41.2 MB/s, 3 min 20 s left"; empty while the speed is not known.
QString paceOf(const JobProgress& progress) {
    if (progress.bytesPerSecond < 1) {
        return {};
    }
    const double left = static_cast<double>(progress.totalBytes - std::min(progress.doneBytes, progress.totalBytes));
    return DownloadList::tr(", %1, %2 left")
        .arg(formatByteRate(progress.bytesPerSecond), formatDuration(left / progress.bytesPerSecond));
}

} // namespace

QString DownloadList::title(const Download& download) const {
    const DownloadRecord& record = download.record;
    return record.files.size() > 1 ? tr("%1 (%2 parts)").arg(record.name).arg(record.files.size()) : record.name;
}

QString DownloadList::detail(const Download& download) const {
    const JobProgress& progress = download.progress;
    switch (download.state) {
    case State::Queued:
        return tr("Waits for its turn");
    case State::Checking:
        return (download.isVerifying() ? tr("Checking: %1") : tr("Checking what is there: %1"))
                   .arg(amountOf(progress)) + paceOf(progress);
    case State::Downloading:
        return amountOf(progress) + paceOf(progress);
    case State::Waiting:
        return tr("%1 Tries again after %2.").arg(progress.reason, formatDuration(progress.waitSeconds));
    case State::Paused:
        return tr("Paused: %1").arg(amountOf(progress));
    case State::Failed:
        return download.sentence;
    case State::Complete:
        return download.sentence.isEmpty()
                   ? tr("Complete: %1").arg(formatBytes(download.record.bytes()))
                   : QString(formatBytes(download.record.bytes()) + u". "_s + download.sentence);
    }
    return {};
}

QVariant DownloadList::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const Download& download = m_downloads[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return title(download);
    case DetailRole:
        return detail(download);
    case StateRole:
        return static_cast<int>(download.state);
    case ShareRole: // a bar where something is on its way
        return download.state == State::Complete ? QVariant() : QVariant(shareOf(download.progress));
    case Qt::ToolTipRole:
        return QStringList({title(download), tr("From %1, %2").arg(download.record.hub.host(), download.record.repo),
                               tr("To %1").arg(formatPath(download.record.folder)),
                               formatExactBytes(download.record.bytes()), detail(download)})
            .join(u'\n');
    case Qt::AccessibleTextRole:
        return QString(title(download) + u", "_s + detail(download));
    }
    return {};
}
