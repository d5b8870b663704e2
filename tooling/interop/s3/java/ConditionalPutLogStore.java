import io.delta.storage.HadoopFileSystemLogStore;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A log store of Delta Lake whose commits are put by {@code If-None-Match: *}, as forge-writer and delta-rs put theirs. Needs Hadoop 3.4.2 or newer,
 * which refuses the option otherwise. Set {@code spark.delta.logStore.s3a.impl=ConditionalPutLogStore}.
 */
public class ConditionalPutLogStore extends HadoopFileSystemLogStore {
  private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  public ConditionalPutLogStore(Configuration hadoopConf) {
    super(hadoopConf);
  }

  @Override
  public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoopConf) throws IOException {
    // A stream that is closed early would publish a part of the commit.
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    while (actions.hasNext()) lines.write((actions.next() + "\n").getBytes(StandardCharsets.UTF_8));
    byte[] commit = lines.toByteArray();
    FileSystem fs = path.getFileSystem(hadoopConf);
    try (FSDataOutputStream out = create(fs, path, overwrite)) {
      out.write(commit);
    } catch (IOException failure) {
      byte[] stored = overwrite ? null : read(fs, path);
      if (stored == null) throw failure;
      // The first answer was lost, and a repetition met the commit that it had made.
      if (Arrays.equals(stored, commit)) return;
      throw (IOException) new FileAlreadyExistsException(path.toString()).initCause(failure);
    }
  }

  @Override
  public Boolean isPartialWriteVisible(Path path, Configuration hadoopConf) {
    return false;
  }

  private static FSDataOutputStream create(FileSystem fs, Path path, boolean overwrite) throws IOException {
    if (overwrite) return fs.create(path, true);
    FSDataOutputStreamBuilder<?, ?> builder = fs.createFile(path);
    builder.must(CONDITIONAL, true);
    return (FSDataOutputStream) builder.build();
  }

  /** Returns the bytes of a file; null if it does not exist. */
  private static byte[] read(FileSystem fs, Path path) throws IOException {
    try (FSDataInputStream in = fs.open(path)) {
      return in.readAllBytes();
    } catch (FileNotFoundException missing) {
      return null;
    }
  }
}
