// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/core/chat_goldens.h"
#include "tests/support/mutator.h"
#include "tests/support/work_clock.h"

#include <QDir>
#include <QtTest>

using namespace strata;

namespace {

constexpr int kMutantsPerTemplate = 1000;
constexpr std::int64_t kTimeLimit = kSanitizerFactor * 1'000'000; // microseconds

const std::vector<ChatMessage> kMessages = {{ChatRole::System, "Be kind.\n\xFF\xC3"}, {ChatRole::User, " Hi <|x|>"},
    {ChatRole::Assistant, "<think>\nhm\n</think>\nYes?"},
    {ChatRole::User, "Gr\xC3\xBC\xC3\x9F"
                     "e"}};

// Changes that keep much of a template intact: pieces of the grammar go in, tags are doubled, moved and taken out.
class TemplateMutator {
public:
    TemplateMutator(std::uint64_t seed, std::vector<std::string> sources)
        : m_bytes(seed), m_sources(std::move(sources)) {}

    std::string mutate(std::string source) {
        for (std::size_t left = 1 + below(3); left > 0; --left)
            mutateOnce(source);
        return source;
    }

private:
    std::size_t below(std::size_t bound) { return m_bytes.below(bound); }

    void mutateOnce(std::string& source) {
        static const std::vector<std::string> kPieces = {"{{ ", " }}", "{%- ", " -%}", "{% for x in messages %}",
            "{% endfor %}", "{% if x %}", "{% endif %}", "{% set messages = messages + messages %}", "|tojson", "|trim",
            "|sort", "|list", "|join", "|indent", "|map('map', 'list')", "[::-1]", "[1:]", "[-1]", ".items()",
            ".split()", " * 99999999", " ** ", " ~ ", " % ", " // 0", " is defined", " in ", " not ", "(", ")", "[",
            "]", "{", "}", "'", "\"", "\\x", "9223372036854775807", "-", "range(99999)", "namespace(x=", "none",
            "messages", "loop", "{% macro f(a, b=f) %}", "{% endmacro %}", "{{ f(f) }}", "{% call f(1) %}",
            "{% endcall %}", "{% break %}", "{% raw %}", "{% endraw %}", "{#", "#}", "{% set x %}", "{% endset %}",
            "{% filter upper %}", "{% endfilter %}", "raise_exception(messages)", "strftime_now('%Y%')",
            ".format(messages)", "\xF0\x9F", "\n"};
        const std::size_t at = below(source.size() + 1);
        switch (below(5)) {
        case 0:
            if (!source.empty())
                m_bytes.mutate(source);
            return;
        case 1:
            source.insert(at, kPieces[below(kPieces.size())]);
            return;
        case 2: { // from another template
            const std::string& other = m_sources[below(m_sources.size())];
            source.insert(at, other.substr(below(other.size()), below(80)));
            return;
        }
        case 3:
            source.erase(at, below(60));
            return;
        default:
            source.insert(at, source.substr(below(source.size() + 1), below(200)));
        }
    }

    Mutator m_bytes;
    std::vector<std::string> m_sources;
};

std::vector<std::string> readTemplates() {
    std::vector<std::string> sources;
    for (const QString& name : QDir(STRATA_TEST_DATA "/chat").entryList({"*.jinja"}, QDir::Files, QDir::Name))
        sources.push_back(goldens::readFile(name).toStdString());
    QString expressions;
    for (const QJsonValue& row : goldens::readJson("expressions.json")["cases"].toArray())
        expressions += row[0].toString() + '\n';
    for (const QString& part : expressions.split("\n{{ x is defined")) // in two, so that errors do not hide it all
        sources.push_back(part.toStdString());
    return sources;
}

} // namespace

class TestChatTemplateMutation : public QObject {
    Q_OBJECT
private slots:
    void mutantsRenderOrGiveASentence() {
        const std::vector<std::string> sources = readTemplates();
        QVERIFY(sources.size() > 10);
        TemplateMutator mutator(20, sources);
        int renderedCount = 0;
        int mutantCount = 0;
        for (const std::string& source : sources) {
            for (int i = 0; i < kMutantsPerTemplate; ++i, ++mutantCount) {
                const std::string mutant = mutator.mutate(source);
                const WorkClock clock;
                try {
                    const RenderedChat chat = ChatTemplate(mutant).render(kMessages, goldens::context());
                    renderedCount += chat.fallbackReason.empty() ? 1 : 0;
                    QVERIFY(chat.fallbackReason.empty() || chat.prompt.text().starts_with("<|im_start|>system\n"));
                } catch (const Error& error) {
                    QCOMPARE(error.code(), ErrorCode::BadRequest);
                }
                QVERIFY2(clock.microseconds() < kTimeLimit, mutant.c_str());
            }
        }
        // Changes of text leave a template that runs; if all or none did, the mutator would test nothing.
        QVERIFY2(renderedCount > mutantCount / 20 && renderedCount < mutantCount * 9 / 10,
            qPrintable(QString("%1 of %2").arg(renderedCount).arg(mutantCount)));
    }
};

QTEST_APPLESS_MAIN(TestChatTemplateMutation)
#include "tst_chat_template_mutation.moc"
