import io.delta.kernel.DataWriteContext;
import io.delta.kernel.Operation;
import io.delta.kernel.Table;
import io.delta.kernel.Transaction;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.defaults.internal.data.DefaultColumnarBatch;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterable;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.DataFileStatus;
import java.util.Collections;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * Appends rows to a table by Delta Kernel, with the conditional log store: {@code KernelWriter TABLE NAME COUNT}. The environment names the object
 * store. Prints each id that is stored.
 */
public final class KernelWriter {
  private static final StructType SCHEMA =
      new StructType().add("id", StringType.STRING).add("writer", StringType.STRING);

  public static void main(String[] args) throws Exception {
    Engine engine = DefaultEngine.create(configuration());
    String table = args[0].replaceFirst("^s3:", "s3a:");
    for (int at = 0; at < Integer.parseInt(args[2]); at++) {
      String id = args[1] + "-" + at;
      append(engine, table, id, args[1]);
      System.out.println(id);
    }
    // Threads of the client would keep the process.
    System.exit(0);
  }

  private static Configuration configuration() {
    Configuration conf = new Configuration();
    conf.set("io.delta.kernel.logStore.s3a.impl", ConditionalPutLogStore.class.getName());
    conf.set("fs.s3a.endpoint", System.getenv("AWS_ENDPOINT_URL_S3"));
    conf.set("fs.s3a.endpoint.region", System.getenv("AWS_REGION"));
    conf.set("fs.s3a.path.style.access", "true");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.s3a.access.key", System.getenv("AWS_ACCESS_KEY_ID"));
    conf.set("fs.s3a.secret.key", System.getenv("AWS_SECRET_ACCESS_KEY"));
    return conf;
  }

  private static void append(Engine engine, String path, String id, String writer) throws Exception {
    Transaction transaction =
        Table.forPath(engine, path).createTransactionBuilder(engine, "forge-interop", Operation.WRITE).build(engine);
    Row state = transaction.getTransactionState(engine);
    ColumnVector[] columns = {new OneText(id), new OneText(writer)};
    FilteredColumnarBatch batch =
        new FilteredColumnarBatch(new DefaultColumnarBatch(1, SCHEMA, columns), Optional.empty());
    CloseableIterator<FilteredColumnarBatch> data =
        Transaction.transformLogicalData(
            engine, state, Utils.singletonCloseableIterator(batch), Collections.emptyMap());
    DataWriteContext context = Transaction.getWriteContext(engine, state, Collections.emptyMap());
    CloseableIterator<DataFileStatus> files =
        engine
            .getParquetHandler()
            .writeParquetFiles(context.getTargetDirectory(), data, context.getStatisticsColumns());
    CloseableIterator<Row> actions = Transaction.generateAppendActions(engine, state, files, context);
    transaction.commit(engine, CloseableIterable.inMemoryIterable(actions));
  }

  /** A column of one text. */
  private static final class OneText implements ColumnVector {
    private final String text;

    OneText(String text) {
      this.text = text;
    }

    @Override
    public DataType getDataType() {
      return StringType.STRING;
    }

    @Override
    public int getSize() {
      return 1;
    }

    @Override
    public boolean isNullAt(int row) {
      return false;
    }

    @Override
    public String getString(int row) {
      return text;
    }

    @Override
    public void close() {}
  }
}
