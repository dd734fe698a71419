public class Plain {
    public static void main(String[] args) throws Exception {
        Thread.sleep(1_000_000);
    }
}
