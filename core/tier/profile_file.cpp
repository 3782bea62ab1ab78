// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/profile_file.h"

#include "core/base/error.h"
#include "core/base/random_access_file.h"
#include "core/base/text.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <unistd.h>

namespace strata {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t(1) << 20;
constexpr int kVersion = 2;
constexpr int kOldVersion = 1; // knew of prompts only how often a device multiplies
constexpr double kTimedNumbers = 4096; // that a line with the time of a number gives it for, to be readable

enum class Unit { Gigabytes, GigabytesPerSecond, Microseconds, Billions };

struct UnitText {
    std::string_view text;
    double scale;
};

UnitText traitsOf(Unit unit) {
    switch (unit) {
    case Unit::Gigabytes:
        return {"GB", 1e9};
    case Unit::GigabytesPerSecond:
        return {"GB/s", 1e9};
    case Unit::Microseconds:
        return {"us", 1e-6};
    case Unit::Billions:
        return {"G/s", 1e9};
    }
    return {"", 1.0};
}

// One row a figure: its key, unit, and where it is kept.
struct Figure {
    std::string_view key;
    Unit unit;
    bool isOfGpu;
    bool mayBeZero;
    int version; // that the key came with
    std::function<double(const MachineProfile&)> get;
    std::function<void(MachineProfile&, double)> set;
};

Figure figure(std::string_view key, Unit unit, bool isOfGpu, double MachineProfile::*field) {
    return {key, unit, isOfGpu, unit == Unit::Microseconds, kOldVersion,
        [field](const MachineProfile& p) { return p.*field; },
        [field](MachineProfile& p, double value) { p.*field = value; }};
}

Figure size(std::string_view key, bool isOfGpu, std::uint64_t MachineProfile::*field) {
    return {key, Unit::Gigabytes, isOfGpu, false, kOldVersion,
        [field](const MachineProfile& p) { return static_cast<double>(p.*field); },
        [field](MachineProfile& p, double value) { p.*field = static_cast<std::uint64_t>(value); }};
}

Figure multiply(std::string_view key, bool isOfGpu, MultiplyRates MachineProfile::*rates, std::size_t index) {
    return {key, Unit::GigabytesPerSecond, isOfGpu, false, kOldVersion,
        [=](const MachineProfile& p) { return (p.*rates).weightBytesPerSecond[index]; },
        [=](MachineProfile& p, double value) { (p.*rates).weightBytesPerSecond[index] = value; }};
}

Figure prompts(std::string_view key, bool isOfGpu, int version, MultiplyRates MachineProfile::*rates,
    double MultiplyRates::*field) {
    return {key, Unit::Billions, isOfGpu, false, version, [=](const MachineProfile& p) { return p.*rates.*field; },
        [=](MachineProfile& p, double value) { p.*rates.*field = value; }};
}

Figure ofNumbers(
    std::string_view key, bool isOfGpu, MultiplyRates MachineProfile::*rates, double MultiplyRates::*field) {
    return {key, Unit::Microseconds, isOfGpu, true, kVersion,
        [=](const MachineProfile& p) { return p.*rates.*field * kTimedNumbers; },
        [=](MachineProfile& p, double value) { p.*rates.*field = value / kTimedNumbers; }};
}

const std::vector<Figure>& figures() {
    using enum Unit;
    using Profile = MachineProfile;
    using Rates = MultiplyRates;
    static const std::vector<Figure> kFigures = {
        size("ram size", false, &Profile::ramSize),
        size("vram size", true, &Profile::vramSize),
        figure("vram read", GigabytesPerSecond, true, &Profile::vramRead),
        figure("link in", GigabytesPerSecond, true, &Profile::linkIn),
        figure("link in beside host", GigabytesPerSecond, true, &Profile::linkInBesideHost),
        figure("link out", GigabytesPerSecond, true, &Profile::linkOut),
        figure("host read", GigabytesPerSecond, false, &Profile::hostRead),
        figure("host read beside link", GigabytesPerSecond, true, &Profile::hostReadBesideLink),
        figure("exchange", Microseconds, true, &Profile::exchangeSeconds),
        figure("gpu block", Microseconds, true, &Profile::gpuBlockSeconds),
        figure("cpu block", Microseconds, false, &Profile::cpuBlockSeconds),
        multiply("cpu multiply 1", false, &Profile::cpuMultiply, 0),
        multiply("cpu multiply 2", false, &Profile::cpuMultiply, 1),
        multiply("cpu multiply 4", false, &Profile::cpuMultiply, 2),
        multiply("cpu multiply 8", false, &Profile::cpuMultiply, 3),
        prompts("cpu multiplies", false, kOldVersion, &Profile::cpuMultiply, &Rates::multipliesPerSecond),
        ofNumbers("cpu inputs", false, &Profile::cpuMultiply, &Rates::inputSeconds),
        ofNumbers("cpu activations", false, &Profile::cpuMultiply, &Rates::activationSeconds),
        prompts("cpu attends", false, kVersion, &Profile::cpuMultiply, &Rates::attendsPerSecond),
        ofNumbers("cpu attended", false, &Profile::cpuMultiply, &Rates::attendedSeconds),
        multiply("gpu multiply 1", true, &Profile::gpuMultiply, 0),
        multiply("gpu multiply 2", true, &Profile::gpuMultiply, 1),
        multiply("gpu multiply 4", true, &Profile::gpuMultiply, 2),
        multiply("gpu multiply 8", true, &Profile::gpuMultiply, 3),
        prompts("gpu multiplies", true, kOldVersion, &Profile::gpuMultiply, &Rates::multipliesPerSecond),
        ofNumbers("gpu inputs", true, &Profile::gpuMultiply, &Rates::inputSeconds),
        ofNumbers("gpu activations", true, &Profile::gpuMultiply, &Rates::activationSeconds),
        prompts("gpu attends", true, kVersion, &Profile::gpuMultiply, &Rates::attendsPerSecond),
        ofNumbers("gpu attended", true, &Profile::gpuMultiply, &Rates::attendedSeconds),
    };
    return kFigures;
}

struct Name {
    std::string_view key;
    std::string MachineProfile::*field;
};
constexpr Name kNames[] = {{"cpu", &MachineProfile::cpu}, {"gpu", &MachineProfile::gpu},
    {"driver", &MachineProfile::driver}, {"date", &MachineProfile::date}};

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Reads one profile, line by line, and remembers where it is for the sentence about a fault.
class ProfileReader {
public:
    ProfileReader(std::string_view text, std::string_view source) : m_text(text), m_source(source) {}

    MachineProfile read() {
        while (!m_text.empty()) {
            const std::size_t end = std::min(m_text.find('\n'), m_text.size());
            ++m_line;
            readLine(trim(m_text.substr(0, end)));
            m_text.remove_prefix(std::min(end + 1, m_text.size()));
        }
        checkComplete();
        return std::move(m_profile);
    }

private:
    [[noreturn]] void refuse(std::string_view expected, std::string_view found) const {
        fail(ErrorCode::BadFile, "{}, line {}: expected {}, found \"{}\"", quoteForMessage(m_source, 4096), m_line,
            expected, quoteForMessage(found));
    }

    void readLine(std::string_view line) {
        if (line.empty() || line.front() == '#')
            return;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            refuse("key = value", line);
        const std::string_view key = trim(line.substr(0, equals));
        const std::string_view value = trim(line.substr(equals + 1));
        if (key != "drive" && !m_seen.emplace(key).second)
            refuse("each key once", key);
        if (key == "drive")
            readDrive(value);
        else if (!readName(key, value) && !readFigure(key, value) && !readVersion(key, value))
            refuse("a key of a profile", key);
    }

    bool readVersion(std::string_view key, std::string_view value) {
        if (key != "version")
            return false;
        for (const int version : {kOldVersion, kVersion})
            if (value == fmt::format("{}", version))
                m_version = version;
        if (m_version == 0)
            refuse(fmt::format("version {} or {}", kOldVersion, kVersion), value);
        return true;
    }

    bool readName(std::string_view key, std::string_view value) {
        const auto name = std::ranges::find(kNames, key, &Name::key);
        if (name == std::end(kNames))
            return false;
        m_profile.*(name->field) = value;
        return true;
    }

    bool readFigure(std::string_view key, std::string_view value) {
        const auto row = std::ranges::find(figures(), key, &Figure::key);
        if (row == figures().end())
            return false;
        row->set(m_profile, number(value, row->unit, row->mayBeZero));
        return true;
    }

    void readDrive(std::string_view value) {
        const std::size_t unitEnd = value.find_first_of(" \t", value.find("GB/s"));
        if (unitEnd == std::string_view::npos)
            refuse("a rate and a mount point, such as 3.4 GB/s /home", value);
        m_profile.drives.push_back({.mountPoint = std::string(trim(value.substr(unitEnd))),
            .bytesPerSecond = number(value.substr(0, unitEnd), Unit::GigabytesPerSecond, false)});
    }

    double number(std::string_view text, Unit unit, bool mayBeZero) const {
        constexpr double kMost = 1e9; // of any unit: beyond it a figure is a slip of the hand
        const UnitText name = traitsOf(unit);
        double value = -1.0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        const std::string_view rest = trim(text.substr(static_cast<std::size_t>(end - text.data())));
        const bool isSane = problem == std::errc() && std::isfinite(value) && value >= 0.0 && value <= kMost;
        if (!isSane || rest != name.text || (value == 0.0 && !mayBeZero))
            refuse(fmt::format("{} in {}", mayBeZero ? "a time" : "a number above zero", name.text), text);
        return value * name.scale;
    }

    void checkComplete() const {
        const auto require = [&](std::string_view key) {
            if (!m_seen.contains(std::string(key)))
                fail(ErrorCode::BadFile, "{}: expected a line for \"{}\", the profile has none",
                    quoteForMessage(m_source, 4096), key);
        };
        require("version");
        for (const Figure& row : figures())
            if (row.version > m_version)
                refuseNewer(row.key);
            else if (!row.isOfGpu || m_profile.hasGpu())
                require(row.key);
            else if (m_seen.contains(std::string(row.key)))
                fail(ErrorCode::BadFile, "{}: expected \"gpu\" to name the card that \"{}\" was measured on",
                    quoteForMessage(m_source, 4096), row.key);
        if (m_profile.drives.empty())
            fail(ErrorCode::BadFile, "{}: expected a line for \"drive\", the profile has none",
                quoteForMessage(m_source, 4096));
    }

    // Half of what a version brought would be neither the one forecast nor the other.
    void refuseNewer(std::string_view key) const {
        if (m_seen.contains(std::string(key)))
            fail(ErrorCode::BadFile, "{}: expected version {} for a line \"{}\", found version {}",
                quoteForMessage(m_source, 4096), kVersion, key, m_version);
    }

    std::string_view m_text;
    std::string_view m_source;
    int m_version = 0; // not read yet
    std::size_t m_line = 0;
    std::set<std::string> m_seen;
    MachineProfile m_profile;
};

} // namespace

std::string formatProfile(const MachineProfile& profile) {
    const int version = profile.knowsPrompts() ? kVersion : kOldVersion;
    std::string text = fmt::format("version = {}\n", version);
    for (const Name& name : kNames)
        if (!(profile.*name.field).empty())
            text += fmt::format("{} = {}\n", name.key, quoteForMessage(profile.*name.field, 256));
    for (const Figure& row : figures()) {
        const UnitText unit = traitsOf(row.unit);
        if (row.version <= version && (!row.isOfGpu || profile.hasGpu()))
            text += fmt::format("{} = {} {}\n", row.key, row.get(profile) / unit.scale, unit.text);
    }
    for (const DriveRate& drive : profile.drives)
        text += fmt::format("drive = {} GB/s {}\n", drive.bytesPerSecond / 1e9, drive.mountPoint);
    return text;
}

MachineProfile parseProfile(std::string_view text, std::string_view source) {
    return ProfileReader(text, source).read();
}

MachineProfile readProfile(const std::filesystem::path& path) {
    const RandomAccessFile file(path);
    if (file.size() > kMaxFileBytes)
        fail(ErrorCode::BadFile, "{}: expected a profile of at most {}, found {}", path.string(),
            formatBytes(kMaxFileBytes), formatBytes(file.size()));
    std::string text(file.size(), '\0');
    file.readAt(0, std::as_writable_bytes(std::span(text)));
    return parseProfile(text, path.string());
}

void writeProfile(const MachineProfile& profile, const std::filesystem::path& path) {
    const std::filesystem::path unfinished = fmt::format("{}.{}.part", path.string(), ::getpid());
    std::error_code problem;
    if (path.has_parent_path())
        std::filesystem::create_directories(path.parent_path(), problem);
    std::ofstream stream(unfinished, std::ios::binary);
    stream << formatProfile(profile);
    stream.close();
    if (!stream) {
        const std::string reason = std::strerror(errno);
        std::filesystem::remove(unfinished, problem);
        fail(ErrorCode::Io, "{}: cannot be written: {}", path.string(), reason);
    }
    std::filesystem::rename(unfinished, path, problem);
    if (problem)
        fail(ErrorCode::Io, "{}: cannot be written: {}", path.string(), problem.message());
}

std::filesystem::path machineProfilePath() {
    const char* configuration = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    // The XDG rules leave relative paths out of account.
    if (configuration != nullptr && configuration[0] == '/')
        return std::filesystem::path(configuration) / "strata/machine.profile";
    return std::filesystem::path(home == nullptr ? "." : home) / ".config/strata/machine.profile";
}

} // namespace strata
