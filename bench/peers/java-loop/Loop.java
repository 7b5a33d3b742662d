import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the bench topic with a plain consumer and counts in hash maps: `Loop BROKERS TOPIC PARTITIONS LINES ROWS`. */
public final class Loop {
  private static final long WINDOW_MS = 10_000;
  private static final int MASKED_FROM = 24;

  private static final Map<Long, Map<String, long[]>> BY_LEVEL = new HashMap<>();
  private static final Map<Long, Map<Integer, long[]>> BY_TEMPLATE = new HashMap<>();
  private static final byte[] HEAD = new byte[16];
  private static long minuteMs;

  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    settings.put("max.poll.records", "10000");
    long lines = Long.parseLong(args[3]);
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long read = 0;
    long cpu;
    long nanos;
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(args[2]); i++) partitions.add(new TopicPartition(args[1], i));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      consumer.position(partitions.get(0));
      cpu = system.getProcessCpuTime();
      nanos = System.nanoTime();
      while (read < lines) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          count(record.value());
          read++;
        }
      }
      nanos = System.nanoTime() - nanos;
      cpu = system.getProcessCpuTime() - cpu;
    }
    Files.write(Path.of(args[4]), rows(), StandardCharsets.UTF_8);
    System.out.printf(
        "{\"lines\":%d,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"peak\":%.1f}%n", read, nanos / 1e9, cpu / 1e9, peak());
  }

  private static void count(byte[] line) {
    long time = minute(line) + (two(line, 17)) * 1000L + (line[20] - '0') * 100 + two(line, 21);
    long window = time - time % WINDOW_MS;
    int space = MASKED_FROM;
    while (line[space] != ' ') space++;
    String level = new String(line, MASKED_FROM, space - MASKED_FROM, StandardCharsets.ISO_8859_1);
    BY_LEVEL.computeIfAbsent(window, w -> new HashMap<>()).computeIfAbsent(level, l -> new long[1])[0]++;
    BY_TEMPLATE.computeIfAbsent(window, w -> new HashMap<>()).computeIfAbsent(masked(line), h -> new long[1])[0]++;
  }

  /** Milliseconds of the minute of a line: mostly that of the line before. */
  private static long minute(byte[] line) {
    int same = 0;
    while (same < 16 && HEAD[same] == line[same]) same++;
    if (same < 16) {
      System.arraycopy(line, 0, HEAD, 0, 16);
      minuteMs =
          LocalDateTime.of(two(line, 0) * 100 + two(line, 2), two(line, 5), two(line, 8), two(line, 11), two(line, 14))
              .toInstant(ZoneOffset.UTC)
              .toEpochMilli();
    }
    return minuteMs;
  }

  private static int two(byte[] line, int i) {
    return (line[i] - '0') * 10 + line[i + 1] - '0';
  }

  /** FNV-1a of the line from its level on, with each run of digits as one '#'. */
  private static int masked(byte[] line) {
    int hash = 0x811c9dc5;
    boolean inDigits = false;
    for (int i = MASKED_FROM; i < line.length; i++) {
      int b = line[i] & 0xff;
      if (b >= '0' && b <= '9') {
        if (inDigits) continue;
        inDigits = true;
        b = '#';
      } else inDigits = false;
      hash = (hash ^ b) * 0x01000193;
    }
    return hash;
  }

  private static List<String> rows() {
    List<String> rows = new ArrayList<>();
    BY_LEVEL.forEach((window, own) -> own.forEach((level, n) -> rows.add("L " + window + " " + level + " " + n[0])));
    BY_TEMPLATE.forEach(
        (window, own) ->
            own.forEach((hash, n) -> rows.add("T " + window + " " + Integer.toUnsignedString(hash) + " " + n[0])));
    Collections.sort(rows);
    return rows;
  }

  /** Largest resident size of the process, MiB. */
  private static double peak() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status")))
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
    return 0;
  }
}
