// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <span>

namespace strata {

// The largest logits of one row, best first; equal ones rank by lower id. The first is one that is not a number, if
// there is any. best.size() <= logits.size(). Allocates nothing.
void selectTop(std::span<const float> logits, std::span<TokenLogit> best);

} // namespace strata
