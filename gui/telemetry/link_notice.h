// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_sensors.h"

#include <QString>

// Says that a card sits in a slower link than it could. Lanes are judged at once; the generation only by the highest
// that was seen while the card was at work, since an idle one drops to a lower. A value.
class LinkJudge {
public:
    void add(const strata::BoardReading& reading);
    QString sentence() const; // empty: nothing to say

private:
    strata::LinkState m_link;
    unsigned m_generation = 0; // the highest at work; 0: not seen at work yet
};
