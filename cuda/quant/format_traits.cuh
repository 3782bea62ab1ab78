// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/blocks.h"
#include "core/quant/quant_type.h"
#include "cuda/quant/weight_words.cuh"

// How kernels read one weight format. A specialisation in a file of its own gives, for a quantised format:
//   Block                          layout of a block (core/quant/blocks.h)
//   kAlignment                     bytes that every block's address is a multiple of; tensors are 256-byte aligned
//   kScaleLength                   16 or 32: consecutive weights that share a scale and a minimum
//   kHasMinimum                    whether minimum() is ever other than 0
//   Scales                         scales and minima of a block, in registers
//   scales(block)                  reads them
//   scale(scales, i), minimum(scales, i)   of weights [i * kScaleLength, (i + 1) * kScaleLength)
//   codes(block, word)             weights 4 * word .. 4 * word + 3 as packed int8, the first in the lowest byte
// so that weight = scale * code - minimum. Formats with blocks of 256 also give the parts of these:
//   blockScale(scales), scaleCode(scales, i)       scale = blockScale * scaleCode
//   blockMinimum(scales), minimumCode(scales, i)   minimum = blockMinimum * minimumCode, if kHasMinimum
//   codesOfQuarter(block, quarter, part, four)     four words of a quarter of the block, with addresses that vary with
//                                                  the quarter alone. Quarters are 64 weights in a row where scales
//                                                  are of 32; where they are of 16, quarter t is the half t % 2 of
//                                                  each of the groups of 32 from 4 * (t / 2) on, one a part, and its
//                                                  words come in the order t, t + 1, t + 2, t + 3, modulo 4: the lanes
//                                                  of a warp then read different banks of shared memory.
// and may give, where scales are of 16, what is faster than all scales:
//   scalesOfQuarter(block, quarter), scaleCodeOfQuarter(scales, quarter, part)
// Blocks may be in any address space. Codes may carry a power of two that
// the scale takes back: a nibble left in the upper half of its byte costs no shift.
// Float formats give decode(weights, i) alone.
namespace strata::cuda {

template <QuantType kType>
struct WeightFormat;

} // namespace strata::cuda
