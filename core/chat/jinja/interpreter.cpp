// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/chat/jinja/interpreter.h"

#include "core/base/text.h"
#include "core/chat/jinja/printing.h"

#include <utility>

namespace strata::jinja {
namespace {

// Sets a variable of the interpreter for as long as it lives.
template <typename T>
class Restored {
public:
    Restored(T* variable, T value) : m_variable(variable), m_old(std::exchange(*variable, std::move(value))) {}
    ~Restored() { *m_variable = m_old; }
    Restored(const Restored&) = delete;
    Restored& operator=(const Restored&) = delete;

private:
    T* m_variable;
    T m_old;
};

} // namespace

Interpreter::Interpreter(Runtime* runtime, Scope* globals)
    : m_runtime(*runtime), m_scope(runtime->makeScope(globals)) {}

Text Interpreter::run(const Block& block) {
    TextBuilder out(&m_runtime);
    const Restored output(&m_out, &out);
    execute(block);
    return out.take();
}

Interpreter::Flow Interpreter::execute(const Block& block) {
    for (const Statement& statement : block) {
        const Flow flow = executeStatement(statement);
        if (flow != Flow::Next)
            return flow;
    }
    return Flow::Next;
}

Interpreter::Flow Interpreter::executeStatement(const Statement& statement) {
    m_runtime.setLine(statement.line);
    m_runtime.step();
    const Runtime::Nested nested(&m_runtime);
    return std::visit([&](const auto& node) { return execute(node); }, statement.node);
}

Interpreter::Flow Interpreter::execute(const Text& text) {
    m_out->append(text.view());
    checkOutput();
    return Flow::Next;
}

void Interpreter::write(const Value& value) {
    print(m_runtime, m_out, value);
    checkOutput();
}

void Interpreter::checkOutput() const {
    if (m_out->size() > m_runtime.maxOutputBytes())
        refuseBound(formatBytes(m_runtime.maxOutputBytes()) + " of output", m_runtime.line());
}

Interpreter::Flow Interpreter::execute(const Output& output) {
    for (const ExpressionPtr& part : output.parts)
        write(evaluate(*part));
    return Flow::Next;
}

Interpreter::Flow Interpreter::execute(const If& statement) {
    for (const auto& [condition, block] : statement.branches)
        if (!condition || isTrue(evaluate(*condition)))
            return execute(block);
    return Flow::Next;
}

// The items a loop runs over, as a list.
Value Interpreter::iterate(const For& statement) {
    std::vector<Value> items = itemsOf(m_runtime, evaluate(*statement.iterable));
    if (statement.condition) {
        std::vector<Value> kept;
        for (const Value& item : items) {
            const Restored scope(&m_scope, m_runtime.makeScope(m_scope));
            assign(statement.target, item);
            if (isTrue(evaluate(*statement.condition)))
                kept.push_back(item);
        }
        items = std::move(kept);
    }
    return m_runtime.list(std::move(items));
}

Interpreter::Flow Interpreter::execute(const For& statement) {
    const Value iterable = iterate(statement);
    const List& list = *asList(iterable);
    if (list.items.empty()) {
        const Restored scope(&m_scope, m_runtime.makeScope(m_scope));
        return execute(statement.otherwise);
    }
    Loop* loop = m_runtime.makeLoop(&list);
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        m_runtime.step();
        const Restored scope(&m_scope, m_runtime.makeScope(m_scope));
        loop->index = i;
        setVariable("loop", loop);
        assign(statement.target, list.items[i]);
        if (execute(statement.body) == Flow::Break)
            break;
    }
    return Flow::Next;
}

Value Interpreter::capture(const Block& block) {
    TextBuilder captured(&m_runtime);
    const Restored scope(&m_scope, m_runtime.makeScope(m_scope));
    const Restored output(&m_out, &captured);
    execute(block);
    return captured.finish();
}

Interpreter::Flow Interpreter::execute(const Set& statement) {
    if (statement.value) {
        assign(statement.target, evaluate(*statement.value));
        return Flow::Next;
    }
    m_captured = capture(statement.body);
    assign(statement.target, statement.filter ? evaluate(*statement.filter) : m_captured);
    return Flow::Next;
}

Value Interpreter::makeMacro(const Macro& macro) {
    return m_runtime.callable({nullptr, {}, &macro, m_scope});
}

Interpreter::Flow Interpreter::execute(const Macro& macro) {
    setVariable(macro.name, makeMacro(macro));
    return Flow::Next;
}

Interpreter::Flow Interpreter::execute(const CallBlock& block) {
    const Value caller = makeMacro(block.caller);
    write(call(std::get<Call>(block.call->node), &caller));
    return Flow::Next;
}

Interpreter::Flow Interpreter::execute(const FilterBlock& block) {
    m_captured = capture(block.body);
    write(evaluate(*block.filter));
    return Flow::Next;
}

Interpreter::Flow Interpreter::execute(const With& statement) {
    std::vector<Value> values; // none of which sees another
    for (const auto& assignment : statement.assignments)
        values.push_back(evaluate(*assignment.second));
    const Restored scope(&m_scope, m_runtime.makeScope(m_scope));
    for (std::size_t i = 0; i < values.size(); ++i)
        setVariable(statement.assignments[i].first, values[i]);
    return execute(statement.body);
}

Interpreter::Flow Interpreter::execute(const Generation& block) {
    const Restored scope(&m_scope, m_runtime.makeScope(m_scope));
    return execute(block.body);
}

void Interpreter::setVariable(std::string_view name, const Value& value) {
    constexpr std::uint64_t kNodeBytes = 96;
    m_runtime.charge(kNodeBytes);
    m_scope->variables.insert_or_assign(name, value);
}

Value Interpreter::variable(std::string_view name) {
    for (const Scope* scope = m_scope; scope; scope = scope->parent) {
        m_runtime.step();
        if (const auto found = scope->variables.find(name); found != scope->variables.end())
            return found->second;
    }
    return Undefined{name};
}

void Interpreter::assign(const Target& target, const Value& value) {
    if (!target.attribute.empty()) {
        const Value object = variable(target.names[0]);
        if (!is<Namespace*>(object))
            m_runtime.refuse("'{}' is no namespace, so its attributes cannot be set", quoteForMessage(target.names[0]));
        m_runtime.charge(sizeof(Value));
        std::get<Namespace*>(object)->attributes.insert_or_assign(target.attribute, value);
        return;
    }
    if (!target.isTuple)
        return setVariable(target.names[0], value);
    const std::vector<Value> items = itemsOf(m_runtime, value);
    if (items.size() != target.names.size())
        m_runtime.refuse("{} values cannot be unpacked into {} names", items.size(), target.names.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        setVariable(target.names[i], items[i]);
}

} // namespace strata::jinja
