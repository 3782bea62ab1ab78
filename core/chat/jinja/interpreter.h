// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/chat/jinja/ast.h"
#include "core/chat/jinja/runtime.h"

#include <optional>

namespace strata::jinja {

// Runs a parsed template once. Evaluation is in expressions.cpp and calls.cpp, statements are in interpreter.cpp.
class Interpreter {
public:
    Interpreter(Runtime* runtime, Scope* globals);

    // Throws Error: Unsupported (see refusal.h), or BadRequest where the template calls raise_exception.
    Text run(const Block& block);

private:
    enum class Flow { Next, Break, Continue };

    Flow execute(const Block& block);
    Flow executeStatement(const Statement& statement);
    Flow execute(const Text& text);
    Flow execute(const Output& output);
    Flow execute(const If& statement);
    Flow execute(const For& statement);
    Flow execute(const Set& statement);
    Flow execute(const Macro& macro);
    Flow execute(const CallBlock& block);
    Flow execute(const FilterBlock& block);
    Flow execute(const With& statement);
    Flow execute(const Generation& block);
    Flow execute(const Break&) { return Flow::Break; }
    Flow execute(const Continue&) { return Flow::Continue; }
    Value iterate(const For& statement);
    Value capture(const Block& block); // its output, run in a scope of its own
    Value makeMacro(const Macro& macro);
    void write(const Value& value);
    void checkOutput() const;
    void assign(const Target& target, const Value& value);
    void setVariable(std::string_view name, const Value& value);
    Value variable(std::string_view name);

    Value evaluate(const Expression& expression);
    Value evaluate(const Literal& node);
    Value evaluate(const Variable& node);
    Value evaluate(const ListLiteral& node);
    Value evaluate(const DictLiteral& node);
    Value evaluate(const Unary& node);
    Value evaluate(const Binary& node);
    Value evaluate(const Compare& node);
    Value evaluate(const Concatenate& node);
    Value evaluate(const Conditional& node);
    Value evaluate(const Attribute& node);
    Value evaluate(const Subscript& node);
    Value evaluate(const Slice& node);
    Value evaluate(const Call& node);
    Value evaluate(const Filter& node);
    Value evaluate(const Test& node);
    std::optional<std::int64_t> bound(const ExpressionPtr& expression); // of a slice
    CallArguments evaluateArguments(const Arguments& arguments);
    Value call(const Call& node, const Value* caller);
    Value callMacro(const Callable& callable, const CallArguments& arguments, const Value* caller);
    [[noreturn]] void refuseCall(const Expression& callee, const Value& value);

    Runtime& m_runtime;
    Scope* m_scope;
    TextBuilder* m_out = nullptr;
    Value m_captured; // input of the filters of a filter or set block
};

} // namespace strata::jinja
