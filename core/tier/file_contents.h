// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random_access_file.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace strata {

// Whether open files still hold what they held when they were opened. A program that touches a file, or a backup that
// writes its attributes, changes its time and no byte of it: that is no reason to end a reply.
//
// A file that has another size was changed. One that has another time is looked at closely: it was changed if a program
// of this machine wrote to it, which the kernel tells (inotify), or if one of some samples differs, at the beginning,
// at the end and at each sixteen megabytes or 64th of the file, which is asked because the kernel tells neither of
// programs that write through a memory map nor of those of other machines. Else its new time is taken over.
//
// A program that sets the time of writing and not that of reading counts as one that wrote: the kernel tells of both in
// the same way (touch sets both times). What this can't tell: what was written through a map or by another machine
// between two samples only; anything but a new size where the file system keeps no times. Where the kernel refuses to
// watch, samples alone decide; while a file is being overwritten they are the same until the writer has passed one.
// Private to core/tier; one thread.
class FileContents {
public:
    // Reads the samples past the page cache where a file can be opened so: up to 66 sectors of each, half a second for
    // a drive with a moving head. Without samples any other time counts as a change. The files outlive this.
    enum class Sampling { Taken, LeftOut };
    FileContents(std::span<const RandomAccessFile> files, Sampling sampling);
    ~FileContents();
    FileContents(const FileContents&) = delete;
    FileContents& operator=(const FileContents&) = delete;

    // Throws Error (Io) where that file was changed. One question to the kernel while its time is the same; two, once
    // any of the files had another time.
    void check(std::uint32_t file);

private:
    using Samples = std::vector<std::size_t>; // hashes
    struct Watched {
        const RandomAccessFile* file = nullptr;
        std::optional<RandomAccessFile> direct; // past the page cache
        std::int64_t writtenAt = 0;             // at which it held what it should
        std::optional<Samples> samples;         // nullopt: not known, so that another time is a change
        int watch = -1;                         // the kernel's number for it
        bool wasWritten = false;
    };
    static std::optional<Samples> readSamples(const Watched& watched); // nullopt: can't be read
    void readEvents();

    std::vector<Watched> m_files;
    int m_events = -1;       // -1: the kernel refuses to watch
    bool m_isTouched = false; // a new time was taken over: a write that caused it may be told of only later
};

} // namespace strata
