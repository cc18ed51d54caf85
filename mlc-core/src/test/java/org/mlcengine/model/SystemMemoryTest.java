package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemMemoryTest {
  private static final String MEMINFO =
      "MemTotal:  8000 kB\nMemFree: 10 kB\nMemAvailable:    6000 kB\n";
  @TempDir Path root;

  @Test
  void thisMachineHasSome() {
    assertThat(SystemMemory.available()).isPositive();
  }

  @Test
  void readsWhatTheKernelCallsAvailable() throws IOException {
    write("proc/meminfo", MEMINFO);
    assertThat(SystemMemory.linux(root)).hasValue(6000 * 1024);
  }

  @Test
  void isEmptyWithoutMeminfo() throws IOException {
    assertThat(SystemMemory.linux(root)).isEmpty();
    write("proc/meminfo", "MemTotal: 1 kB\n");
    assertThat(SystemMemory.linux(root)).isEmpty();
  }

  @Test
  void aGroupOfVersion2LeavesLess() throws IOException {
    write("proc/meminfo", MEMINFO);
    write("proc/self/cgroup", "0::/a/b\n");
    write("sys/fs/cgroup/a/b/memory.max", "max\n");
    write("sys/fs/cgroup/a/b/memory.current", "900000\n");
    write("sys/fs/cgroup/a/memory.max", "1000000\n");
    write("sys/fs/cgroup/a/memory.current", "900000\n");
    assertThat(SystemMemory.linux(root)).hasValue(100_000);

    write("sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 300000\nactive_file 7\n");
    assertThat(SystemMemory.linux(root)).hasValue(400_000);

    write("sys/fs/cgroup/a/memory.current", "2000000\n");
    assertThat(SystemMemory.linux(root)).hasValue(0);
  }

  @Test
  void aGroupOfVersion1LeavesLess() throws IOException {
    write("proc/meminfo", MEMINFO);
    write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "200000\n");
    assertThat(SystemMemory.linux(root)).hasValue(300_000);
  }

  @Test
  void aLimitOfVersion1ThatMeansNoneIsNone() throws IOException {
    write("proc/meminfo", MEMINFO);
    write("proc/self/cgroup", "4:memory:/\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "200000\n");
    assertThat(SystemMemory.linux(root)).hasValue(6000 * 1024);
  }

  @Test
  void aPathOutsideTheMountCountsAsItsTop() throws IOException {
    write("proc/meminfo", MEMINFO);
    write("proc/self/cgroup", "0::/../../other\nnonsense\n");
    write("sys/fs/cgroup/memory.max", "70000\n");
    write("sys/fs/cgroup/memory.current", "10000\n");
    assertThat(SystemMemory.linux(root)).hasValue(60_000);
  }

  private void write(String file, String content) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }
}
