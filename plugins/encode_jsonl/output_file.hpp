// SPDX-License-Identifier: Apache-2.0
// One open output: a regular file, or a stream (pipe, terminal, device, standard output). It knows no lines; it opens
// safely, writes with bounded waiting, and finds out when somebody moved the file away.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "encode_jsonl/failure.hpp"
#include "encode_jsonl/file_calls.hpp"

namespace sonde::encode_jsonl {

// How long one write waits for the reader of a stream.
constexpr std::chrono::milliseconds stall_limit{200};

class output_file final {
public:
    // "-" is standard output, which is never closed. `mode` is for a file that has to be created.
    output_file(std::string path, mode_t mode, file_calls& calls);
    ~output_file();
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;

    // Opens for appending. Refuses symbolic links and directories; a text file whose last line was cut off by a crash
    // gets the missing line end.
    [[nodiscard]] outcome open();
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

    // True for a regular file that was opened by its path: it can be rotated and cut back.
    [[nodiscard]] bool is_owned() const noexcept { return is_regular_ && path_ != "-"; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    // True if the path leads elsewhere now: moved or deleted. Learns the size if others changed it.
    [[nodiscard]] bool was_replaced();

    struct written {
        std::size_t bytes = 0;
        std::optional<failure> problem{};  // why fewer than all; none if a stream is merely slow
    };
    [[nodiscard]] written write(std::string_view text);

    // Takes the last `bytes` back. False if that is not possible, or if others wrote meanwhile.
    [[nodiscard]] bool cut_back(std::uint64_t bytes);

    // To the medium. Streams have none.
    [[nodiscard]] outcome sync();
    [[nodiscard]] outcome sync_directory() const;

    // Moves the file to path.1, older ones to path.2 and so on up to path.`keep`, and opens an empty one.
    [[nodiscard]] outcome rotate(unsigned keep);

private:
    [[nodiscard]] outcome open_path();
    [[nodiscard]] outcome inspect();
    [[nodiscard]] outcome end_last_line();
    [[nodiscard]] written write_regular(std::string_view text);
    [[nodiscard]] written write_stream(std::string_view text);
    [[nodiscard]] std::string numbered(unsigned number) const;

    std::string path_;
    mode_t mode_;
    file_calls* calls_;
    int fd_ = -1;
    bool is_regular_ = false;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace sonde::encode_jsonl
