// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/gguf_writer.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/gguf/gguf_part.h"
#include "core/gguf/gguf_wire.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

namespace strata {
namespace {

using gguf::ValueType;

constexpr std::uint64_t kPieceBytes = std::uint64_t(1) << 20;

// Grows the header as bytes.
class HeaderBytes {
public:
    template <typename T>
    void put(T number) {
        static_assert(std::is_arithmetic_v<T>);
        m_bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
    }
    void putType(ValueType type) { put(static_cast<std::uint32_t>(type)); }
    void putText(std::string_view text) {
        put<std::uint64_t>(text.size());
        m_bytes.append(text);
    }
    void putRaw(std::string_view text) { m_bytes.append(text); }
    void padTo(std::uint64_t alignment) { m_bytes.resize(gguf::alignUp(m_bytes.size(), alignment), '\0'); }
    const std::string& bytes() const { return m_bytes; }

private:
    std::string m_bytes;
};

template <typename Narrow, typename Wide>
bool fits(Wide number) {
    return number >= std::numeric_limits<Narrow>::min() && number <= std::numeric_limits<Narrow>::max();
}

template <typename Narrow, typename Wide>
bool allFit(const std::vector<Wide>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](Wide number) { return fits<Narrow>(number); });
}

template <typename Written, typename Kept>
void putArray(HeaderBytes& header, ValueType type, const std::vector<Kept>& elements) {
    header.putType(type);
    header.put<std::uint64_t>(elements.size());
    for (const Kept element : elements)
        header.put(static_cast<Written>(element));
}

void putElements(HeaderBytes& header, const std::vector<std::uint64_t>& numbers) {
    if (allFit<std::uint32_t>(numbers))
        putArray<std::uint32_t>(header, ValueType::Uint32, numbers);
    else
        putArray<std::uint64_t>(header, ValueType::Uint64, numbers);
}

void putElements(HeaderBytes& header, const std::vector<std::int64_t>& numbers) {
    if (allFit<std::int32_t>(numbers))
        putArray<std::int32_t>(header, ValueType::Int32, numbers);
    else
        putArray<std::int64_t>(header, ValueType::Int64, numbers);
}

void putElements(HeaderBytes& header, const std::vector<double>& numbers) {
    putArray<float>(header, ValueType::Float32, numbers);
}

void putElements(HeaderBytes& header, const std::vector<bool>& flags) {
    putArray<std::uint8_t>(header, ValueType::Bool, flags);
}

void putElements(HeaderBytes& header, const std::vector<std::string>& texts) {
    header.putType(ValueType::String);
    header.put<std::uint64_t>(texts.size());
    for (const std::string& text : texts)
        header.putText(text);
}

template <typename T>
void putScalar(HeaderBytes& header, ValueType type, T value) {
    header.putType(type);
    header.put(value);
}

void putValue(HeaderBytes& header, std::uint64_t number) {
    if (fits<std::uint32_t>(number))
        putScalar(header, ValueType::Uint32, static_cast<std::uint32_t>(number));
    else
        putScalar(header, ValueType::Uint64, number);
}

void putValue(HeaderBytes& header, std::int64_t number) {
    if (fits<std::int32_t>(number))
        putScalar(header, ValueType::Int32, static_cast<std::int32_t>(number));
    else
        putScalar(header, ValueType::Int64, number);
}

void putValue(HeaderBytes& header, double number) {
    putScalar(header, ValueType::Float32, static_cast<float>(number));
}

void putValue(HeaderBytes& header, bool flag) {
    putScalar(header, ValueType::Bool, static_cast<std::uint8_t>(flag));
}

void putValue(HeaderBytes& header, const std::string& text) {
    header.putType(ValueType::String);
    header.putText(text);
}

void putValue(HeaderBytes& header, const GgufArray& array) {
    header.putType(ValueType::Array);
    std::visit([&](const auto& elements) { putElements(header, elements); }, array);
}

std::uint64_t elementCount(const std::vector<std::uint64_t>& dimensions) {
    return std::accumulate(dimensions.begin(), dimensions.end(), std::uint64_t(1), std::multiplies<>());
}

} // namespace

// The file beside its final name while it is being written; what is not published is removed. Two programs that write
// the same model do not meet: the last to finish wins whole.
class GgufWriter::UnfinishedFile {
public:
    explicit UnfinishedFile(const std::filesystem::path& path)
        : m_path(path), m_unfinished(fmt::format("{}.{}.part", path.string(), ::getpid())),
          m_stream(m_unfinished, std::ios::binary) {
        check();
    }
    ~UnfinishedFile() {
        std::error_code ignored;
        std::filesystem::remove(m_unfinished, ignored);
    }
    UnfinishedFile(const UnfinishedFile&) = delete;
    UnfinishedFile& operator=(const UnfinishedFile&) = delete;

    void write(const char* bytes, std::size_t count) {
        m_stream.write(bytes, static_cast<std::streamsize>(count));
        check();
    }

    // Extends what was written by a hole.
    void skip(std::uint64_t count) {
        if (count == 0)
            return;
        m_stream.seekp(static_cast<std::streamoff>(count - 1), std::ios::cur);
        write("", 1);
    }

    void publish() {
        m_stream.close();
        check();
        std::error_code problem;
        std::filesystem::rename(m_unfinished, m_path, problem);
        if (problem)
            fail(ErrorCode::Io, "{}: cannot be written: {}", m_path.string(), problem.message());
    }

private:
    void check() const {
        if (!m_stream)
            fail(ErrorCode::Io, "{}: cannot be written: {}", m_path.string(), std::strerror(errno));
    }

    std::filesystem::path m_path;
    std::filesystem::path m_unfinished;
    std::ofstream m_stream;
};

void GgufWriter::set(std::string key, GgufValue value) {
    const auto same = std::find_if(m_metadata.begin(), m_metadata.end(), [&](const auto& e) { return e.first == key; });
    if (same != m_metadata.end())
        same->second = std::move(value);
    else
        m_metadata.emplace_back(std::move(key), std::move(value));
}

void GgufWriter::addTensor(std::string name, QuantType type, std::vector<std::uint64_t> dimensions, Fill fill) {
    if (dimensions.empty() || dimensions.size() > gguf::kMaxDimensions || elementCount(dimensions) == 0)
        fail(ErrorCode::BadRequest, "{}: expected 1 to {} dimensions of at least 1", name, gguf::kMaxDimensions);
    if (name.empty() || name.size() > gguf::kMaxTensorNameBytes)
        fail(ErrorCode::BadRequest, "{}: expected a name of 1 to {} bytes", name, gguf::kMaxTensorNameBytes);
    if (std::any_of(m_tensors.begin(), m_tensors.end(), [&](const Tensor& other) { return other.name == name; }))
        fail(ErrorCode::BadRequest, "{}: expected each tensor once, it is there already", name);
    const QuantTraits& format = traits(type);
    if (dimensions[0] % format.blockLength != 0)
        fail(ErrorCode::BadRequest, "{}: expected rows of a multiple of {} weights for {}, found {}", name,
            format.blockLength, format.name, dimensions[0]);
    m_tensors.push_back({std::move(name), type, std::move(dimensions), std::move(fill)});
}

std::string GgufWriter::header() const {
    HeaderBytes header;
    header.putRaw(gguf::kMagic);
    header.put(gguf::kWrittenVersion);
    header.put<std::uint64_t>(m_tensors.size());
    header.put<std::uint64_t>(m_metadata.size());
    for (const auto& [key, value] : m_metadata) {
        header.putText(key);
        std::visit([&](const auto& kept) { putValue(header, kept); }, value);
    }
    std::uint64_t offset = 0;
    for (const Tensor& tensor : m_tensors) {
        header.putText(tensor.name);
        header.put(static_cast<std::uint32_t>(tensor.dimensions.size()));
        for (const std::uint64_t length : tensor.dimensions)
            header.put(length);
        header.put(traits(tensor.type).ggufId);
        header.put(offset);
        offset += gguf::alignUp(byteCount(tensor), alignment());
    }
    header.padTo(alignment());
    return header.bytes();
}

std::uint64_t GgufWriter::byteCount(const Tensor& tensor) {
    const QuantTraits& format = traits(tensor.type);
    return elementCount(tensor.dimensions) / format.blockLength * format.blockBytes;
}

std::uint64_t GgufWriter::alignment() const {
    const auto given = std::find_if(
        m_metadata.begin(), m_metadata.end(), [](const auto& entry) { return entry.first == gguf::kAlignmentKey; });
    if (given == m_metadata.end())
        return gguf::kDefaultAlignment;
    const std::uint64_t alignment = gguf::asUnsigned(given->second).value_or(0);
    if (!std::has_single_bit(alignment))
        fail(ErrorCode::BadRequest, "{}: expected a power of two", gguf::kAlignmentKey);
    return alignment;
}

void GgufWriter::writeTensor(const Tensor& tensor, UnfinishedFile& file) {
    const std::uint64_t total = byteCount(tensor);
    const std::uint64_t blockBytes = traits(tensor.type).blockBytes;
    std::vector<std::byte> piece(std::min(total, kPieceBytes / blockBytes * blockBytes));
    for (std::uint64_t offset = 0; offset < total; offset += piece.size()) {
        piece.resize(std::min<std::uint64_t>(piece.size(), total - offset));
        tensor.fill(offset, piece);
        file.write(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
}

void GgufWriter::write(const std::filesystem::path& path) const {
    UnfinishedFile file(path);
    const std::string start = header();
    file.write(start.data(), start.size());
    for (const Tensor& tensor : m_tensors) {
        writeTensor(tensor, file);
        const std::string padding(gguf::alignUp(byteCount(tensor), alignment()) - byteCount(tensor), '\0');
        file.write(padding.data(), padding.size());
    }
    file.publish();
}

void GgufWriter::writeWithoutMatrices(const std::filesystem::path& path) const {
    UnfinishedFile file(path);
    const std::string start = header();
    file.write(start.data(), start.size());
    for (const Tensor& tensor : m_tensors) {
        const bool isVector = tensor.dimensions.size() == 1;
        if (isVector)
            writeTensor(tensor, file);
        file.skip(gguf::alignUp(byteCount(tensor), alignment()) - (isVector ? byteCount(tensor) : 0));
    }
    file.publish();
}

} // namespace strata
