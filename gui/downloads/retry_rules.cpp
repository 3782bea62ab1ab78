// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/retry_rules.h"

#include <QTimer>

#include <algorithm>
#include <utility>

std::optional<RetryRules::Milliseconds> RetryRules::delayAfter(int failures, std::optional<Milliseconds> asked) const {
    if (failures > mostFailures || (asked && *asked > longestAsked)) {
        return std::nullopt;
    }
    Milliseconds own = first;
    for (int i = 1; i < failures && own < longest; ++i) {
        own *= 2;
    }
    return std::max(std::min(own, longest), asked.value_or(Milliseconds(0)));
}

void RetryRules::waitByTimer(Milliseconds delay, QObject* context, std::function<void()> then) {
    QTimer::singleShot(delay, context, std::move(then));
}
