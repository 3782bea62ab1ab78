// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/pace_options.h"

#include <QCommandLineParser>
#include <QFile>
#include <QFileInfo>
#include <QTextStream>

#include <cstdlib>

using namespace Qt::StringLiterals;

namespace {

QString textOf(const QString& path) {
    QFile file(path);
    if (!path.isEmpty() && !file.open(QIODevice::ReadOnly))
        giveUp(path + u": "_s + file.errorString());
    return path.isEmpty() ? QString() : QString::fromUtf8(file.readAll());
}

} // namespace

void giveUp(const QString& sentence) {
    QTextStream(stderr) << sentence << Qt::endl;
    std::exit(1);
}

PaceOptions readPaceOptions(const QCoreApplication& app) {
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addPositionalArgument(u"model"_s, u"A model (.gguf)."_s);
    parser.addOptions({{u"device"_s, u"auto, cuda or cpu."_s, u"name"_s, u"auto"_s},
        {u"tokens"_s, u"Of a reply, at most."_s, u"count"_s, u"2000"_s},
        {u"docks"_s, u"Shown beside the chat, with commas between."_s, u"names"_s},
        {u"rounds"_s, u"Replies of each kind."_s, u"count"_s, u"1"_s},
        {u"theme"_s, u"light or dark."_s, u"name"_s, u"light"_s},
        {u"size"_s, u"Of the window."_s, u"width>x<height"_s, u"1280x800"_s},
        {u"message"_s, u"What is asked."_s, u"text"_s, u"Tell me a long story about a lighthouse keeper."_s},
        {u"text"_s, u"Markdown to be shown in place of what the model writes."_s, u"file"_s},
        {u"rate"_s, u"Tokens a second of the CPU, at most."_s, u"count"_s, u"0"_s},
        {u"screenshot"_s, u"Of the window behind its last reply."_s, u"png"_s},
        {u"json"_s, u"Prints that instead of a table."_s}});
    parser.process(app);
    if (parser.positionalArguments().size() != 1)
        parser.showHelp(2);
    const QString size = parser.value(u"size"_s);
    return {.model = QFileInfo(parser.positionalArguments().first()).absoluteFilePath(),
        .device = parser.value(u"device"_s),
        .theme = parser.value(u"theme"_s),
        .message = parser.value(u"message"_s),
        .text = textOf(parser.value(u"text"_s)),
        .screenshot = parser.value(u"screenshot"_s),
        .docks = parser.value(u"docks"_s).split(u',', Qt::SkipEmptyParts),
        .size = {size.section(u'x', 0, 0).toInt(), size.section(u'x', 1, 1).toInt()},
        .tokens = parser.value(u"tokens"_s).toUInt(),
        .rate = parser.value(u"rate"_s).toUInt(),
        .rounds = parser.value(u"rounds"_s).toInt(),
        .isJson = parser.isSet(u"json"_s)};
}
