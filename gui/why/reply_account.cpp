// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/why/reply_account.h"

#include "gui/format.h"
#include "gui/tiermap/wire_rates.h"

#include <QCoreApplication>

#include <algorithm>
#include <chrono>

using Kind = AccountPart::Kind;
using strata::Wire;

namespace {

constexpr double kMostly = 0.5; // of a reply: then the prompt is what to speak of

QString text(const char* source) {
    return QCoreApplication::translate("ReplyAccount", source);
}

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

// Of the four, what the tokens of the reply stood still for the longest.
Wire boundOf(const strata::PassTimes& decode) {
    const std::array<std::chrono::nanoseconds, strata::kWireCount> times = {
        decode.gpu, decode.linkWait, decode.cpu, decode.diskWait};
    return static_cast<Wire>(std::max_element(times.begin(), times.end()) - times.begin());
}

// "4.58 GB a token, 1.2 of 3.0 GB/s": the wire's mean while the reply was written, against what was measured of it.
QString rateOf(Wire wire, const strata::PassTimes& decode, const LoadedModel& model) {
    const std::uint64_t bytes = decode.bytes[static_cast<std::size_t>(wire)];
    const QString each = formatBytes(bytes / std::max<std::uint64_t>(1, decode.passes));
    const double rate = static_cast<double>(bytes) / std::max(seconds(decode.whole), 1e-9);
    const double ceiling = wireCeiling(wire, model);
    return ceiling > 0 ? text("%1 for every token, %2 of the %3 that were measured")
                             .arg(each, formatByteRate(rate), formatByteRate(ceiling))
                       : text("%1 for every token, %2").arg(each, formatByteRate(rate));
}

QString wireSentence(Wire wire, const QString& rate, bool usesGpu) {
    switch (wire) {
    case Wire::Vram:
        return text("The GPU and its memory set the speed: they read %1. A file with fewer bits a weight, or fewer "
                    "tokens of conversation, would be faster.")
            .arg(rate);
    case Wire::Link:
        return text("The link to the GPU sets the speed: weights cross it, %1. A file with fewer bits a weight, a "
                    "smaller context (more weights then fit beside it) or a faster slot would help.")
            .arg(rate);
    case Wire::Host:
        return (usesGpu ? text("RAM and the CPU set the speed: they read %1. A file with fewer bits a weight, a smaller "
                               "context (more weights then fit into graphics memory) or faster RAM would help.")
                        : text("RAM and the CPU set the speed: they read %1. A file with fewer bits a weight, fewer "
                               "tokens of conversation, or a GPU would help."))
            .arg(rate);
    case Wire::Disk:
        return text("The disk sets the speed: it gives %1. More RAM would help most; a file with fewer bits a weight, "
                    "a smaller context or a faster drive would too.")
            .arg(rate);
    }
    return {};
}

QString sentenceOf(const strata::GenerationResult& result, const LoadedModel& model) {
    const strata::ReplyTimes& times = result.times;
    if (seconds(times.prompt.whole) > kMostly * seconds(times.whole) || times.decode.passes == 0)
        return text("Reading the prompt took the longest: %1 tokens of it were new, read at %2. What was read is kept "
                    "for the next turn; a shorter message or fewer tokens of conversation come sooner.")
            .arg(formatCount(result.promptTokens - result.cachedTokens),
                formatTokenRate((result.promptTokens - result.cachedTokens) /
                                std::max(seconds(times.prompt.whole), 1e-9)));
    if (times.sampling > times.decode.whole)
        return text("Choosing tokens set the speed, not the model: fewer sampling stages would be faster.");
    const Wire wire = boundOf(times.decode);
    return wireSentence(wire, rateOf(wire, times.decode, model), model.plan && model.plan->usesGpu);
}

QString wireTip(Wire wire, const strata::PassTimes& decode, const LoadedModel& model) {
    return decode.passes == 0 ? QString() : rateOf(wire, decode, model);
}

} // namespace

ReplyAccountPointer replyAccount(const strata::GenerationResult& result, const LoadedModel& model) {
    const strata::ReplyTimes& times = result.times;
    if (times.whole.count() <= 0)
        return nullptr;
    auto account = std::make_shared<ReplyAccount>();
    account->model = QString::fromStdString(model.summary.name);
    account->wholeSeconds = seconds(times.whole);
    const auto add = [&](Kind kind, double length, const QString& toolTip) {
        if (length > 0)
            account->parts.append({kind, length, toolTip});
    };
    add(Kind::Prompt, seconds(times.prompt.whole),
        text("%1 new tokens in %2 passes")
            .arg(formatCount(result.promptTokens - result.cachedTokens), formatCount(times.prompt.passes)));
    add(Kind::Gpu, seconds(times.decode.gpu), wireTip(Wire::Vram, times.decode, model));
    add(Kind::Cpu, seconds(times.decode.cpu), wireTip(Wire::Host, times.decode, model));
    add(Kind::LinkWait, seconds(times.decode.linkWait), wireTip(Wire::Link, times.decode, model));
    add(Kind::DiskWait, seconds(times.decode.diskWait), wireTip(Wire::Disk, times.decode, model));
    add(Kind::Sampling, seconds(times.sampling), text("with the way of the logits from the device"));
    double known = 0.0;
    for (const AccountPart& part : account->parts)
        known += part.seconds;
    add(Kind::Other, account->wholeSeconds - known, text("template, tokenizer, text, and what passes do between blocks"));
    account->sentence = sentenceOf(result, model);
    account->howMeasured = model.plan && model.plan->usesGpu
        ? text("By the program's clock: the GPU's part is what passes stood still for it, the CPU's holds the exchanges "
               "with the GPU.")
        : text("By the program's clock.");
    return account;
}

QString partLabel(Kind kind) {
    switch (kind) {
    case Kind::Prompt:
        return text("reading the prompt");
    case Kind::Gpu:
        return text("GPU");
    case Kind::Cpu:
        return text("CPU");
    case Kind::LinkWait:
        return text("waiting for the link");
    case Kind::DiskWait:
        return text("waiting for the disk");
    case Kind::Sampling:
        return text("choosing tokens");
    case Kind::Other:
        return text("everything else");
    }
    return {};
}

QString accountText(const ReplyAccount& account) {
    QStringList lines = {text("%1, %2").arg(account.model, formatDuration(account.wholeSeconds))};
    for (const AccountPart& part : account.parts)
        lines.append(text("%1: %2, %3 %")
                         .arg(partLabel(part.kind), formatDuration(part.seconds))
                         .arg(100 * part.seconds / account.wholeSeconds, 0, 'f', 1));
    lines.append(account.sentence);
    return lines.join(QLatin1Char('\n'));
}
