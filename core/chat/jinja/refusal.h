// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace strata::jinja {

// Why a template cannot be run, each as an Error (Unsupported) whose words continue "The model's chat template ...".
[[noreturn]] void refuseConstruct(std::string_view construct, std::uint32_t line); // valid Jinja that is not known
[[noreturn]] void refuseSyntax(std::string_view problem, std::uint32_t line);
[[noreturn]] void refuseBound(std::string_view bound, std::uint32_t line); // "needs more than 1000 steps"

template <typename... Args>
[[noreturn]] void refuseOperation(std::uint32_t line, fmt::format_string<Args...> format, Args&&... args) {
    const std::string problem = fmt::format(format, std::forward<Args>(args)...);
    fail(ErrorCode::Unsupported, "fails on line {}: {}", line, problem);
}

} // namespace strata::jinja
