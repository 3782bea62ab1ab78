// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

// Stands in for the driver's management library: a program that links it finds this one under that name. It knows one
// GPU, and answers "not supported" wherever a figure is empty.
struct FakeBoard {
    const char* pciBusId = "0000:65:00.0";
    bool starts = true;
    unsigned long long totalBytes = 24'000'000'000;
    unsigned long long usedBytes = 6'000'000'000;
    std::optional<unsigned long long> ownBytes; // of this process; empty: the list does not have it
    std::optional<unsigned> loadPercent;
    std::optional<unsigned> sentKilobytes; // a second
    std::optional<unsigned> receivedKilobytes;
    std::optional<unsigned> celsius;
    std::optional<unsigned> milliwatts;
    std::optional<unsigned> milliwattLimit;
    std::optional<unsigned> generation, width;
    std::optional<unsigned> systemGeneration, cardGeneration, systemWidth; // the most
    int throughputCalls = 0;
    int running = 0; // starts less ends
};
extern "C" FakeBoard& fakeBoard();
