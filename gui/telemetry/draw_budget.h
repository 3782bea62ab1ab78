// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

// Keeps the share of a processor that drawing takes below a limit, by leaving out turns where drawing is dear: many
// plots, a large screen, a slow machine. A value; seconds by any clocks that do not go back.
class DrawBudget {
public:
    explicit DrawBudget(double share) : m_share(share) {}

    // Whether to draw now; what was spent since then is told by spend().
    bool allows(double now) {
        m_debt = std::max(0.0, m_debt - m_share * (now - m_last));
        m_last = now;
        return m_debt <= 0.0;
    }
    void spend(double seconds) { m_debt += seconds; }

private:
    double m_share;
    double m_last = 0.0;
    double m_debt = 0.0;
};
